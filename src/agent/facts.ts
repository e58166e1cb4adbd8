import { compareText } from '../base/compare-text.ts';
import type { AgentError } from './errors.ts';

/*
 * What a guest tells of itself, in words of our own that every family of agents is translated into. `Text` is `string` as
 * it comes from a session, untrusted, and `PlainText` once it has passed the border.
 */

/** Who answers. */
export interface AgentIdentity<Text extends string = string> {
  /** Version as the agent tells it; empty when it tells none. */
  readonly version: Text;
  /** Negotiated protocol generation, or the number the protocol calls its version; absent where there is none. */
  readonly generation?: number;
}

/** A part of the guest's runtime stack. */
export interface ServiceStatus<Text extends string = string> {
  readonly name: Text;
  /** `ready`, `starting`, `not_ready`, `error`; an open set. */
  readonly status: Text;
  readonly detail: Text;
}

/** How the guest's container runtime stands. */
export interface RuntimeStatus<Text extends string = string> {
  readonly containerdReady: boolean;
  readonly dockerReady: boolean;
  /** Where its engine listens inside the guest. */
  readonly endpoint: Text;
  readonly detail: Text;
  readonly services: readonly ServiceStatus<Text>[];
}

/** What became of the wish to have the runtime running. */
export interface EnsureOutcome<Text extends string = string> {
  readonly ready: boolean;
  readonly endpoint: Text;
  readonly message: Text;
  /** `started`, `reused`, `failed` or `starting`; an open set. */
  readonly status: Text;
}

/** What the guest is. Zero and empty stand for untold. */
export interface SystemFacts<Text extends string = string> {
  readonly kernelVersion: Text;
  readonly osName: Text;
  readonly osVersion: Text;
  readonly arch: Text;
  /** Bytes. */
  readonly totalMemory: bigint;
  /** Bytes. */
  readonly availableMemory: bigint;
  readonly cpuCount: number;
  /** Over 1, 5 and 15 minutes. */
  readonly loadAverage: readonly number[];
  readonly hostname: Text;
  /** Seconds. */
  readonly uptime: bigint;
  readonly ipAddresses: readonly Text[];
  /** True while the guest's own init has not finished (ArcBox protocol 7). */
  readonly distroInitPending: boolean;
}

/** One port of one container on one address of the sandbox's host. */
export interface PortBinding<Text extends string = string> {
  readonly containerPort: number;
  readonly hostPort: number;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: Text;
  /** An IP address; empty for every address. */
  readonly hostIp: Text;
}

/** The stable order of a container's bindings: by container port, protocol, family and text of the address, host port. */
export function compareBindings(a: PortBinding, b: PortBinding): number {
  return (
    a.containerPort - b.containerPort ||
    compareText(a.protocol, b.protocol) ||
    Number(a.hostIp.includes(':')) - Number(b.hostIp.includes(':')) ||
    compareText(a.hostIp, b.hostIp) ||
    a.hostPort - b.hostPort
  );
}

/** True when both lists, each in stable order, hold the same bindings. */
export function sameBindings(a: readonly PortBinding[], b: readonly PortBinding[]): boolean {
  return (
    a.length === b.length &&
    a.every((binding, index) => {
      const other = b[index];
      return other !== undefined && compareBindings(binding, other) === 0;
    })
  );
}

/** What an engine tells of a container beside its ports. Empty text and zero stand for untold. */
export interface ContainerFacts<Text extends string = string> {
  /** Without a leading slash. */
  readonly name: Text;
  /** As it was asked for, such as `nginx:1.27`, or an id. */
  readonly image: Text;
  /** Label `com.docker.compose.project`. */
  readonly composeProject: Text;
  /** Label `com.docker.compose.service`. */
  readonly composeService: Text;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`; an open set. */
  readonly state: Text;
  /** `starting`, `healthy`, `unhealthy`; an open set. */
  readonly health: Text;
  /** Milliseconds since the Unix epoch of the latest start. */
  readonly startedAtMs: number;
}

/** Everything told of one container. */
export interface ContainerReport<Text extends string = string> {
  /** `null` where only ports are told. */
  readonly facts: ContainerFacts<Text> | null;
  /** The complete current list; a container that publishes nothing has none. */
  readonly bindings: readonly PortBinding<Text>[];
}

/** True when both tell the same, their bindings in stable order. */
export function sameReport(a: ContainerReport, b: ContainerReport): boolean {
  return sameFacts(a.facts, b.facts) && sameBindings(a.bindings, b.bindings);
}

/** True when both tell the same. */
export function sameFacts(a: ContainerFacts | null, b: ContainerFacts | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.name === b.name &&
    a.image === b.image &&
    a.composeProject === b.composeProject &&
    a.composeService === b.composeService &&
    a.state === b.state &&
    a.health === b.health &&
    a.startedAtMs === b.startedAtMs
  );
}

/** A change of the containers and the ports they publish, from an agent or from an engine. */
export type PortChange =
  /** Replaces everything known. Keys are container ids. */
  | { readonly kind: 'snapshot'; readonly containers: ReadonlyMap<string, ContainerReport> }
  /** Replaces what is known of one container; `null` means that it is gone, or tells nothing any more. */
  | { readonly kind: 'changed'; readonly containerId: string; readonly report: ContainerReport | null }
  /** A change was lost, or the source cannot be followed: what is known may be out of date. */
  | {
      readonly kind: 'stale';
      readonly reason: AgentError;
      /** Milliseconds since the Unix epoch: until then it was current; when absent, until it is told. */
      readonly sinceMs?: number;
    }
  /** What is known is current again. */
  | { readonly kind: 'current' };

/** When the guest booted, in nanoseconds of its CLOCK_BOOTTIME. */
export interface BootTiming {
  /** Until the agent's main began: the kernel's share. */
  readonly bootTimeNanos: bigint;
  /** Spent in the agent's own initialisation. */
  readonly initTimeNanos: bigint;
  /** Until the agent reported ready: the total. */
  readonly readyTimeNanos: bigint;
}

/** A TCP socket that listens inside the guest. */
export interface ListeningSocket<Text extends string = string> {
  /** The guest's address it is bound to, such as `0.0.0.0`, `127.0.0.1` or `::`. */
  readonly address: Text;
  readonly port: number;
}

/** What listens inside the guest. */
export interface ListeningPorts<Text extends string = string> {
  /** By port, then address. */
  readonly sockets: readonly ListeningSocket<Text>[];
  /** True when the guest has more sockets than were read. */
  readonly truncated: boolean;
}
