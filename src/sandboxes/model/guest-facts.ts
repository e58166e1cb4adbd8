import type { RuntimeStatusResponse, SystemInfo } from '../../agent/generated/arcbox/v1/agent.ts';
import type { PortBinding } from '../../agent/generated/arcbox/v1/common.ts';
import type { AgentIdentity } from '../../agent/session.ts';
import { GuestTextCleaner } from '../../base/guest-text.ts';

const maxNameLength = 100;
const maxDetailLength = 500;
const maxServices = 100;
const maxAddresses = 64;
const maxBindingsPerContainer = 512;

/** A copy of the status whose texts are safe to show and whose lists are bounded. */
export function cleanRuntime(
  status: RuntimeStatusResponse,
  cleaner: GuestTextCleaner,
): RuntimeStatusResponse {
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

/** A copy of the information whose texts are safe to show and whose lists are bounded. */
export function cleanSystem(info: SystemInfo, cleaner: GuestTextCleaner): SystemInfo {
  const name = (text: string): string => cleaner.text(text, maxNameLength);
  return {
    ...info,
    kernelVersion: name(info.kernelVersion),
    osName: name(info.osName),
    osVersion: name(info.osVersion),
    arch: name(info.arch),
    hostname: name(info.hostname),
    loadAverage: [...cleaner.list(info.loadAverage, 3)],
    ipAddresses: cleaner.list(info.ipAddresses, maxAddresses).map(name),
  };
}

/** The bindings of one container that can exist, cleaned, in a stable order: by container port, protocol, address. */
export function cleanBindings(
  bindings: readonly PortBinding[],
  cleaner: GuestTextCleaner,
): readonly PortBinding[] {
  const isPort = (port: number): boolean => port >= 1 && port <= 65535;
  const possible = cleaner.valid(
    bindings,
    ({ containerPort, hostPort }) => isPort(containerPort) && isPort(hostPort),
  );
  return cleaner
    .list(possible, maxBindingsPerContainer)
    .map((binding) => ({
      ...binding,
      protocol: cleaner.text(binding.protocol, 16).toLowerCase() || 'tcp',
      hostIp: cleaner.text(binding.hostIp, 64),
    }))
    .sort(compareBindings);
}

/** A copy of who answers whose text is safe to show. */
export function cleanIdentity(agent: AgentIdentity): AgentIdentity {
  return { ...agent, version: new GuestTextCleaner().text(agent.version, maxNameLength) };
}

/** A container id that is safe to show and to use as a key. */
export function cleanContainerId(id: string, cleaner: GuestTextCleaner): string {
  return cleaner.text(id, 128);
}

function compareBindings(a: PortBinding, b: PortBinding): number {
  return (
    a.containerPort - b.containerPort ||
    compareText(a.protocol, b.protocol) ||
    compareText(a.hostIp, b.hostIp) ||
    a.hostPort - b.hostPort
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
