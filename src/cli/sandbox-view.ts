import { formatEndpoint } from '../agent/endpoint.ts';
import { addressAndPort, isLoopbackAddress } from '../base/ip-address.ts';
import { joined, plain, plainText, type PlainText } from '../base/text.ts';
import { connectionError } from '../sandboxes/model/connection.ts';
import { clockToleranceMs } from '../sandboxes/model/clock-tolerance.ts';
import type { HostBinding } from '../sandboxes/model/guest-facts.ts';
import type { ContainerPorts } from '../sandboxes/model/port-book.ts';
import type { ReadinessWord, SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { agentText, clockText, loadText, namesText, uptimeText } from '../views/facts.ts';
import { bytesText, timeText } from '../views/quantities.ts';
import { latencyText } from './format.ts';
import { styled, type Line, type Span, type Style } from './styled.ts';
import { alignedLines, tableLines } from './table.ts';

/** What is shown of a sandbox. */
export type SandboxParts = Pick<
  SandboxSnapshot,
  | 'name'
  | 'endpoint'
  | 'connection'
  | 'readiness'
  | 'agent'
  | 'roundTripMs'
  | 'clockOffsetMs'
  | 'runtime'
  | 'system'
  | 'ports'
  | 'discovered'
>;

/** Ports and services that are listed for people; `--json` has all. */
const maxRows = 100;

const readinessStyles: Readonly<Record<ReadinessWord, Style>> = {
  ready: 'good',
  starting: 'warning',
  degraded: 'warning',
  not_ready: 'bad',
  unreachable: 'bad',
  unknown: 'faint',
};

/** A sandbox for people: readiness and why, facts, services, ports. */
export function sandboxLines(sandbox: SandboxParts): readonly Line[] {
  return [
    headLine(sandbox),
    ...alignedLines(factRows(sandbox), 2),
    ...serviceLines(sandbox),
    ...portLines(sandbox),
  ];
}

/** The words for a readiness: "not ready". */
export function readinessText(readiness: ReadinessWord): PlainText {
  return readiness === 'not_ready' ? plain`not ready` : plain`${readiness}`;
}

/** Why the sandbox cannot be used, and when it is tried again; empty while nothing is wrong. */
export function connectionText({ connection }: Pick<SandboxParts, 'connection'>): PlainText {
  const reason = connectionError(connection)?.message;
  if (reason === undefined) return plain``;
  return connection.phase === 'backoff' || connection.phase === 'failed'
    ? plain`${reason} Next try ${timeText(connection.retryAtMs)}.`
    : reason;
}

function headLine(sandbox: SandboxParts): Line {
  const { name, readiness } = sandbox;
  const why = connectionText(sandbox);
  return [
    styled(name, 'strong'),
    plain`  `,
    styled(readinessText(readiness), readinessStyles[readiness]),
    ...(why === '' ? [] : [plain` · ${why}`]),
  ];
}

function factRows(sandbox: SandboxParts): Span[][] {
  const { endpoint, agent, roundTripMs, clockOffsetMs, system, discovered } = sandbox;
  const isFree = discovered?.isClockFree === true;
  const isOff = clockOffsetMs !== null && !isFree && Math.abs(clockOffsetMs.value) >= clockToleranceMs;
  const clock = clockOffsetMs === null ? plain`` : clockText(clockOffsetMs.value, isFree);
  const rows: [PlainText, Span][] = [
    [plain`endpoint`, formatEndpoint(endpoint)],
    [plain`agent`, agent === null ? plain`` : agentText(agent, endpoint.protocol)],
    [plain`round trip`, roundTripMs === null ? plain`` : latencyText(roundTripMs.value)],
    [plain`clock`, isOff ? styled(clock, 'warning') : clock],
    ...systemRows(system),
  ];
  return rows.filter(([, value]) => value !== '').map(([label, value]) => [styled(label, 'faint'), value]);
}

function systemRows(system: SandboxParts['system']): [PlainText, PlainText][] {
  if (system === null) return [];
  const { osName, osVersion, kernelVersion, arch, hostname, totalMemory, availableMemory } = system.value;
  const memory =
    totalMemory <= 0n ? plain`` : plain`${bytesText(availableMemory)} of ${bytesText(totalMemory)} available`;
  return [
    [
      plain`system`,
      joined(
        [namesText(osName, osVersion), kernelVersion, arch].filter((part) => part !== ''),
        ' · ',
      ),
    ],
    [plain`host name`, hostname],
    [plain`memory`, memory],
    [plain`load`, loadText(system.value)],
    [plain`uptime`, uptimeText(system, false)],
  ];
}

function serviceLines({ runtime }: SandboxParts): readonly Line[] {
  const services = runtime?.value.services ?? [];
  if (services.length === 0) return [];
  return [
    [],
    ...tableLines(
      [plain`SERVICE`, plain`STATUS`, plain`DETAIL`],
      services
        .slice(0, maxRows)
        .map(({ name, status, detail }) => [name, styled(status, statusStyle(status)), detail]),
    ),
  ];
}

function statusStyle(status: PlainText): Style {
  if (status === 'ready') return 'good';
  return status === 'starting' ? 'warning' : 'bad';
}

function portLines({ ports }: SandboxParts): readonly Line[] {
  if (ports.kind === 'asking') return [];
  if (ports.kind === 'unknown')
    return [[], [styled(plain`Published ports are not known: ${ports.reason}`, 'faint')]];
  const rows = ports.book.containers.flatMap(portRows);
  if (rows.length === 0) return [[], [styled(plain`No port is published.`, 'faint')]];
  const more = rows.length - maxRows;
  return [
    [],
    ...tableLines([plain`CONTAINER`, plain`ADDRESS`, plain`PORT`], rows.slice(0, maxRows)),
    ...(more > 0 ? [[plain`and ${more} more`]] : []),
    ...(ports.stale === null
      ? []
      : [[styled(plain`This may be out of date: ${ports.stale.reason}`, 'warning')]]),
  ];
}

/** The rows of one container; what differs only in the family of its address is one. */
function portRows(container: ContainerPorts): Span[][] {
  const rows = new Map<string, Span[]>();
  for (const binding of container.bindings) {
    const { containerPort, protocol } = binding;
    const address = addressText(binding);
    const key = `${address} ${containerPort}/${protocol}`;
    rows.set(key, [containerName(container), address, plain`${containerPort}/${protocol}`]);
  }
  return [...rows.values()];
}

/** Who publishes: the container's name, else as much of its id as people write, else a dash for the sandbox itself. */
export function containerName({ containerId, facts }: ContainerPorts): PlainText {
  if (facts !== null && facts.name !== '') return facts.name;
  return containerId === '' ? plain`-` : plainText(containerId.slice(0, 12), 12);
}

/** Where a port is published, as people write it: `*:8080` stands for every interface. */
export function addressText({ hostIp, hostPort }: HostBinding): PlainText {
  if (hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::') return plain`*:${hostPort}`;
  return isLoopbackAddress(hostIp) ? plain`localhost:${hostPort}` : addressAndPort(hostIp, hostPort);
}
