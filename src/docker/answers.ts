import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';
import type { ContainerFacts, ContainerReport } from '../agent/facts.ts';
import { inspectedFacts, listedFacts } from './container-facts.ts';
import { isContainerId } from './container-id.ts';
import type { JsonScalar, JsonVisit } from './json-reader.ts';
import { maxBindings, PortCollector, type HostSide } from './port-bindings.ts';

/** Most containers of one engine that are kept. */
export const maxContainers = 10_000;

/** What an engine says of one container. */
export interface EngineContainer extends ContainerReport {
  readonly facts: ContainerFacts;
  /** Published ports that are not kept. */
  readonly leftOut: number;
}

/** One container of a listing. */
export interface ListedContainer extends EngineContainer {
  readonly id: string;
}

/** The containers of an engine. */
export interface ContainerListing {
  /** At most {@link maxContainers}, with at most `maxBindings`; those that publish something come first. */
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
 * Reads an inspected container; it publishes nothing unless it runs.
 *
 * `NetworkSettings.Ports` counts, which is what the engine has bound, not what was asked for. A key without a slash is
 * TCP. `null` is an EXPOSE without a publish and host port 0 is not bound yet: both are left out. Every host address is
 * a binding of its own, so IPv4 and IPv6 twins are two.
 */
export function inspectReader(): AnswerReader<EngineContainer> {
  const ports = new PortCollector(maxBindings);
  let isRunning = false;
  const { members, facts } = inspectedFacts({
    Running: { scalar: (value) => (isRunning = value === true) },
  });
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
    visit: { members: { ...members, NetworkSettings: { members: { Ports: { each: onePort } } } } },
    result: () => ({ facts: facts(), ...(isRunning ? ports.list() : nothing) }),
  };
}

const nothing = { bindings: [], leftOut: 0 };

/** States of a listing in which a container's ports may be bound; an engine of before 2016 tells none. */
const statesWithPorts = new Set(['running', 'paused', 'restarting', '']);

/** Reads a listing by the same rules. Entries that are no containers are skipped. */
export function listingReader(): AnswerReader<ContainerListing> {
  const publishing: ListedContainer[] = [];
  const quiet: ListedContainer[] = [];
  let count = 0;
  let id: JsonScalar | undefined;
  let roomForBindings = maxBindings;
  let ports = new PortCollector(roomForBindings);
  let port: HostSide & { type?: JsonScalar | undefined; containerPort?: JsonScalar | undefined } = {};
  const { members, begin, facts } = listedFacts();
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
      begin();
    },
    members: { ...members, Id: { scalar: (value) => (id = value) }, Ports: { each: onePort } },
    leave: () => {
      if (!isContainerId(id)) return;
      count++;
      const told = facts();
      const list = statesWithPorts.has(told.state) ? ports.list() : nothing;
      const group = list.bindings.length + list.leftOut > 0 ? publishing : quiet;
      if (group.length >= maxContainers) return;
      roomForBindings -= list.bindings.length;
      group.push({ id, facts: told, ...list });
    },
  };
  return {
    visit: { ...onlyAList, each: oneContainer },
    result: () => {
      const containers = [...publishing, ...quiet].slice(0, maxContainers);
      return { containers, leftOut: count - containers.length };
    },
  };
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
