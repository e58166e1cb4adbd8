import { compareBindings, type PortBinding } from '../agent/facts.ts';
import { isContainerId } from './container-id.ts';
import type { EngineEvent } from './event-stream.ts';

/** Most bindings that one container can have: every port, TCP and UDP, on IPv4 and IPv6. */
const maxBindings = 4 * 65535;

/**
 * The published ports of an inspected container, in a stable order; empty unless it runs.
 *
 * `NetworkSettings.Ports` counts, which is what the engine has bound, not what was asked for. A key without a slash is
 * TCP. `null` is an EXPOSE without a publish and host port 0 is not bound yet: both are left out. Every host address is
 * a binding of its own, so IPv4 and IPv6 twins are two.
 */
export function bindingsOfInspect(inspect: unknown): readonly PortBinding[] {
  if (member(member(inspect, 'State'), 'Running') !== true) return [];
  const ports = member(member(inspect, 'NetworkSettings'), 'Ports');
  if (typeof ports !== 'object' || ports === null) return [];
  const bindings: PortBinding[] = [];
  for (const [key, hosts] of Object.entries(ports)) {
    if (!Array.isArray(hosts)) continue;
    const [containerPort, protocol = 'tcp'] = key.split('/');
    for (const host of hosts as unknown[]) {
      add(bindings, containerPort, member(host, 'HostPort'), protocol, member(host, 'HostIp'));
    }
  }
  return bindings.sort(compareBindings);
}

/**
 * The published ports of the containers of a listing, by full container id; containers without any are left out. The
 * same rules as for {@link bindingsOfInspect}; a listing holds running containers only.
 */
export function bindingsOfList(list: readonly unknown[]): Map<string, readonly PortBinding[]> {
  const containers = new Map<string, readonly PortBinding[]>();
  for (const container of list) {
    const id = member(container, 'Id');
    const ports = member(container, 'Ports');
    if (!isContainerId(id) || !Array.isArray(ports)) continue;
    const bindings: PortBinding[] = [];
    for (const port of ports as unknown[]) {
      const protocol = member(port, 'Type') ?? 'tcp';
      add(bindings, member(port, 'PrivatePort'), member(port, 'PublicPort'), protocol, member(port, 'IP'));
    }
    if (bindings.length > 0) containers.set(id, bindings.sort(compareBindings));
  }
  return containers;
}

/**
 * The container whose ports an event may have moved; `undefined` when it concerns none. A network's event names the
 * container among its attributes.
 */
export function containerOfEvent({ type, actorId, attributes }: EngineEvent): string | undefined {
  const id = type === 'network' ? attributes['container'] : type === 'container' ? actorId : undefined;
  return isContainerId(id) ? id : undefined;
}

/** Adds a binding when every part of it makes sense. */
function add(
  bindings: PortBinding[],
  containerPort: unknown,
  hostPort: unknown,
  protocol: unknown,
  hostIp: unknown,
): void {
  const container = portNumber(containerPort);
  const host = portNumber(hostPort);
  if (container === undefined || host === undefined || bindings.length >= maxBindings) return;
  if (typeof protocol !== 'string' || !/^[a-z]{1,8}$/.test(protocol)) return;
  const ip = typeof hostIp === 'string' ? hostIp.slice(0, 64) : '';
  bindings.push({ containerPort: container, hostPort: host, protocol, hostIp: ip });
}

/** A port from a number or decimal text; `undefined` for 0 and whatever else is none. */
function portNumber(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65535 ? port : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Partial<Record<string, unknown>>)[name]
    : undefined;
}
