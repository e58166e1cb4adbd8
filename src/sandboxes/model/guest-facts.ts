import { compareText } from '../../base/compare-text.ts';
import type {
  AgentIdentity,
  ContainerFacts,
  ListeningPorts,
  PortBinding,
  RuntimeStatus,
  SystemFacts,
} from '../../agent/facts.ts';
import { ipAddress, type IpAddress } from '../../base/ip-address.ts';
import { plain, plainText, type PlainText, type TextCleaner } from '../../base/text.ts';

/** Longest name of a thing, in characters. */
export const maxNameLength = 100;
/** Longest reference of an image, in characters. */
export const maxImageLength = 300;
/** Longest sentence of a guest, in characters. */
export const maxDetailLength = 500;
/** Services that are shown. */
export const maxServices = 100;
/** Network addresses of a guest that are shown. */
export const maxAddresses = 64;
/** Listening sockets of a guest that are shown. */
export const maxListeningSockets = 2000;
/** Ports of one container that are shown. */
export const maxBindingsPerContainer = 512;
/** Longest container id, in characters; Docker's have 64. */
export const maxContainerIdLength = 128;

/** One port of one container on one address of the sandbox's host, whose texts may be shown. */
export interface HostBinding extends PortBinding<PlainText> {
  readonly hostIp: IpAddress;
}

/** The status as it may be shown: cleaned, its list bounded. */
export function cleanRuntime(status: RuntimeStatus, cleaner: TextCleaner): RuntimeStatus<PlainText> {
  return {
    containerdReady: status.containerdReady,
    dockerReady: status.dockerReady,
    endpoint: cleaner.text(status.endpoint, maxDetailLength),
    detail: cleaner.text(status.detail, maxDetailLength),
    services: cleaner.list(status.services, maxServices).map(({ name, status: word, detail }) => ({
      name: cleaner.text(name, maxNameLength),
      status: cleaner.text(word, maxNameLength),
      detail: cleaner.text(detail, maxDetailLength),
    })),
  };
}

/** The facts as they may be shown: cleaned, their lists bounded. */
export function cleanSystem(facts: SystemFacts, cleaner: TextCleaner): SystemFacts<PlainText> {
  const name = (text: string): PlainText => cleaner.text(text, maxNameLength);
  return {
    ...facts,
    kernelVersion: name(facts.kernelVersion),
    osName: name(facts.osName),
    osVersion: name(facts.osVersion),
    arch: name(facts.arch),
    hostname: name(facts.hostname),
    loadAverage: cleaner.list(facts.loadAverage, 3),
    ipAddresses: cleaner.list(facts.ipAddresses, maxAddresses).map(name),
  };
}

/** The sockets as they may be shown. One whose address is none cannot exist, and counts as left out. */
export function cleanListening(
  { sockets, truncated }: ListeningPorts,
  cleaner: TextCleaner,
): ListeningPorts<IpAddress> {
  const possible = sockets.flatMap(({ address, port }) => {
    const cleaned = ipAddress(address);
    return cleaned === undefined || !isPort(port) ? [] : [{ address: cleaned, port }];
  });
  cleaner.cuts += sockets.length - possible.length;
  return {
    sockets: cleaner.list(possible, maxListeningSockets),
    truncated: truncated || possible.length > maxListeningSockets,
  };
}

/** Who answers, as it may be shown. */
export function cleanIdentity(agent: AgentIdentity, cleaner: TextCleaner): AgentIdentity<PlainText> {
  return { ...agent, version: cleaner.text(agent.version, maxNameLength) };
}

/** What is told of a container, as it may be shown; a moment that cannot be one is untold. */
export function cleanContainer(facts: ContainerFacts): ContainerFacts<PlainText> {
  const name = (text: string): PlainText => plainText(text, maxNameLength);
  return {
    name: name(facts.name),
    image: plainText(facts.image, maxImageLength),
    composeProject: name(facts.composeProject),
    composeService: name(facts.composeService),
    state: name(facts.state),
    health: name(facts.health),
    startedAtMs: isUnixMs(facts.startedAtMs) ? facts.startedAtMs : 0,
  };
}

/** What is left of a container's bindings. */
export interface CleanBindings {
  /** By container port, protocol, address, host port. */
  readonly bindings: readonly HostBinding[];
  /** Those that cannot exist, or are too many. */
  readonly leftOut: number;
}

/** The bindings of one container that can exist, in a stable order. No protocol means TCP. */
export function cleanBindings(bindings: readonly PortBinding[]): CleanBindings {
  const possible = bindings.flatMap(({ containerPort, hostPort, protocol: word, hostIp: text }) => {
    const hostIp = ipAddress(text);
    const protocol = protocolOf(word);
    return hostIp === undefined || protocol === undefined || !isPort(containerPort) || !isPort(hostPort)
      ? []
      : [{ containerPort, hostPort, protocol, hostIp }];
  });
  if (possible.length > 1) possible.sort(compareBindings);
  const shown =
    possible.length <= maxBindingsPerContainer ? possible : possible.slice(0, maxBindingsPerContainer);
  return { bindings: shown, leftOut: bindings.length - shown.length };
}

function protocolOf(word: string): PlainText | undefined {
  if (word === '') return plain`tcp`;
  return /^[a-z0-9]{1,16}$/i.test(word) ? plainText(word.toLowerCase(), 16) : undefined;
}

/** True for what `Date` can hold. */
function isUnixMs(ms: number): boolean {
  return ms > 0 && ms <= 8.64e15;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** By container port, protocol, address, host port. */
export function compareBindings(a: PortBinding, b: PortBinding): number {
  return (
    a.containerPort - b.containerPort ||
    compareText(a.protocol, b.protocol) ||
    compareText(a.hostIp, b.hostIp) ||
    a.hostPort - b.hostPort
  );
}
