import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';
import { compareBindings, type PortBinding } from '../agent/facts.ts';
import type { EngineEvent } from './event-stream.ts';
import { isContainerId } from './container-id.ts';
import type { JsonScalar, JsonVisit } from './json-reader.ts';

/**
 * Most published ports of one container that are kept. Four times as many as are shown, so that what is shown does not
 * depend on it; one container can have 262,140: every port, TCP and UDP, on IPv4 and IPv6.
 */
export const maxBindingsPerContainer = 2048;

/** Longest address that is kept, in characters; no IP address is longer. */
const maxAddressLength = 45;

/** Most containers of one engine that are kept. */
export const maxContainers = 10_000;

/** Most published ports of one engine that are kept, over all containers. */
export const maxBindings = 50_000;

/** The published ports of one container. */
export interface PortList {
  /** At most {@link maxBindingsPerContainer}, in stable order. */
  readonly bindings: readonly PortBinding[];
  /** Published ports beyond them, or on an address that cannot be one. */
  readonly leftOut: number;
}

/** One running container of a listing. */
export interface ListedContainer {
  readonly id: string;
  readonly ports: PortList;
}

/** The running containers of an engine. */
export interface ContainerListing {
  /** At most {@link maxContainers}, with at most {@link maxBindings}. */
  readonly containers: readonly ListedContainer[];
  /** Containers beyond them. */
  readonly leftOut: number;
}

/** Takes what it wants of an answer while that arrives. */
export interface AnswerReader<T> {
  readonly visit: JsonVisit;
  /** What the whole answer said. */
  readonly result: () => T;
}

/**
 * Reads the published ports of an inspected container; none unless it runs.
 *
 * `NetworkSettings.Ports` counts, which is what the engine has bound, not what was asked for. A key without a slash is
 * TCP. `null` is an EXPOSE without a publish and host port 0 is not bound yet: both are left out. Every host address is
 * a binding of its own, so IPv4 and IPv6 twins are two.
 */
export function inspectReader(): AnswerReader<PortList> {
  const ports = new PortCollector(maxBindings);
  let isRunning = false;
  let containerPort = '';
  let protocol = '';
  let host: HostSide = {};
  const oneHost: JsonVisit = {
    enter: () => {
      host = {};
    },
    members: {
      HostIp: { scalar: (value) => (host.ip = value) },
      HostPort: { scalar: (value) => (host.port = value) },
    },
    leave: () => {
      ports.add(containerPort, host.port, protocol, host.ip);
    },
  };
  const onePort: JsonVisit = {
    enter: (_kind, key) => {
      const slash = key.indexOf('/');
      containerPort = slash === -1 ? key : key.slice(0, slash);
      protocol = slash === -1 ? 'tcp' : key.slice(slash + 1);
    },
    each: oneHost,
  };
  return {
    visit: {
      members: {
        State: { members: { Running: { scalar: (value) => (isRunning = value === true) } } },
        NetworkSettings: { members: { Ports: { each: onePort } } },
      },
    },
    result: () => (isRunning ? ports.list() : { bindings: [], leftOut: 0 }),
  };
}

/** Reads a listing by the same rules; it holds running containers only. Entries that are no containers are skipped. */
export function listingReader(): AnswerReader<ContainerListing> {
  const containers: ListedContainer[] = [];
  let leftOut = 0;
  let id: JsonScalar | undefined;
  let roomForBindings = maxBindings;
  let ports = new PortCollector(roomForBindings);
  let port: HostSide & { type?: JsonScalar | undefined; containerPort?: JsonScalar | undefined } = {};
  const onePort: JsonVisit = {
    enter: () => {
      port = { type: 'tcp' };
    },
    members: {
      IP: { scalar: (value) => (port.ip = value) },
      PrivatePort: { scalar: (value) => (port.containerPort = value) },
      PublicPort: { scalar: (value) => (port.port = value) },
      Type: { scalar: (value) => (port.type = value) },
    },
    leave: () => {
      ports.add(port.containerPort, port.port, port.type, port.ip);
    },
  };
  const oneContainer: JsonVisit = {
    enter: () => {
      id = undefined;
      ports = new PortCollector(roomForBindings);
    },
    members: { Id: { scalar: (value) => (id = value) }, Ports: { each: onePort } },
    leave: () => {
      if (!isContainerId(id)) return;
      if (containers.length >= maxContainers) {
        leftOut++;
        return;
      }
      const list = ports.list();
      roomForBindings -= list.bindings.length;
      containers.push({ id, ports: list });
    },
  };
  return { visit: { ...onlyAList, each: oneContainer }, result: () => ({ containers, leftOut }) };
}

const onlyAList: JsonVisit = {
  scalar: () => {
    throw notAList();
  },
  enter: (kind) => {
    if (kind !== 'list') throw notAList();
  },
};

function notAList(): AgentError {
  return new AgentError('malformed_payload', l10n.t('the list of containers is not a list'));
}

/**
 * The container whose ports an event may have moved; `undefined` when it concerns none. A network's event names the
 * container among its attributes.
 */
export function containerOfEvent({ type, actorId, attributes }: EngineEvent): string | undefined {
  const id = type === 'network' ? attributes.container : type === 'container' ? actorId : undefined;
  return isContainerId(id) ? id : undefined;
}

/** Where a container port is published, as an engine says it. */
interface HostSide {
  ip?: JsonScalar | undefined;
  port?: JsonScalar | undefined;
}

/** Gathers the bindings that make sense, as many as are kept. */
class PortCollector {
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
