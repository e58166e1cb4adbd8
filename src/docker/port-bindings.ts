import { compareBindings, type PortBinding } from '../agent/facts.ts';
import type { JsonScalar } from './json-reader.ts';

/**
 * Most published ports of one container that are kept. Four times as many as are shown, so that what is shown does not
 * depend on it; one container can have 262,140: every port, TCP and UDP, on IPv4 and IPv6.
 */
export const maxBindingsPerContainer = 2048;

/** Longest address that is kept, in characters; no IP address is longer. */
const maxAddressLength = 45;

/** Most published ports of one engine that are kept, over all containers. */
export const maxBindings = 50_000;

/** The published ports of one container. */
export interface PortList {
  /** At most {@link maxBindingsPerContainer}, in stable order. */
  readonly bindings: readonly PortBinding[];
  /** Published ports beyond them, or on an address that cannot be one. */
  readonly leftOut: number;
}

/** Where a container port is published, as an engine says it. */
export interface HostSide {
  ip?: JsonScalar | undefined;
  port?: JsonScalar | undefined;
}

/** Gathers the bindings that make sense, as many as are kept. */
export class PortCollector {
  readonly #bindings: PortBinding[] = [];
  readonly #limit: number;
  #leftOut = 0;

  constructor(room: number) {
    this.#limit = Math.min(room, maxBindingsPerContainer);
  }

  add(containerPort: unknown, hostPort: unknown, protocol: unknown, hostIp: unknown): void {
    const container = portNumber(containerPort);
    const host = portNumber(hostPort);
    if (container === undefined || host === undefined) return;
    if (typeof protocol !== 'string' || !/^[a-z]{1,8}$/.test(protocol)) return;
    const ip = typeof hostIp === 'string' ? hostIp : '';
    if (this.#bindings.length >= this.#limit || ip.length > maxAddressLength) this.#leftOut++;
    else this.#bindings.push({ containerPort: container, hostPort: host, protocol, hostIp: ip });
  }

  list(): PortList {
    return { bindings: this.#bindings.sort(compareBindings), leftOut: this.#leftOut };
  }
}

/** A port from a number or decimal text; `undefined` for 0 and whatever else is none. */
function portNumber(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65535 ? port : undefined;
}
