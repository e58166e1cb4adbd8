import type { Endpoint } from './endpoint.ts';
import type { AgentError } from './errors.ts';
import type {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from './generated/arcbox/v1/agent.ts';
import type { PortBinding } from './generated/arcbox/v1/common.ts';
import type { CallOptions } from './rpc/channel.ts';

/** What an agent can do beyond answering a ping. Absent means that the call throws `unsupported`. */
export const capabilities = [
  'system_info',
  'runtime_status',
  'ensure_runtime',
  'sync_clock',
  'clock_report',
  'port_notifications',
  'touch',
  'boot_timing',
  'listening_ports',
] as const;

/** One of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];

/** Who answers. */
export interface AgentIdentity {
  /** Version as the agent tells it; empty when it tells none. */
  readonly version: string;
  /** Negotiated protocol generation, where the protocol has one (microsandbox). */
  readonly generation?: number;
}

/** A completed round trip. */
export interface PingResult {
  /** The agent's echo; empty where the protocol has none. */
  readonly message: string;
  readonly version: string;
  /** Milliseconds from sending to the answer. */
  readonly rttMs: number;
  /**
   * Guest clock minus host clock in milliseconds, the host's read in the middle of the round trip; `null` when the agent
   * does not report its clock.
   */
  readonly clockOffsetMs: number | null;
}

/** Result of an explicit clock synchronisation. */
export interface ClockSyncResult {
  /** The time that was sent, in nanoseconds since the Unix epoch. */
  readonly sentUnixNanos: bigint;
  /** What the protocol can carry. */
  readonly resolution: 'second' | 'nanosecond';
  /** True when the agent, or a barrier behind the message, proves that the message was handled. */
  readonly confirmed: boolean;
  /** Guest clock minus host clock before the step, in milliseconds; `null` when it cannot be known. */
  readonly driftBeforeMs: number | null;
}

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
export interface ListeningSocket {
  /** The guest's address it is bound to, such as `0.0.0.0`, `127.0.0.1` or `::`. */
  readonly address: string;
  readonly port: number;
}

/** What listens inside the guest. */
export interface ListeningPorts {
  /** By port, then address. */
  readonly sockets: readonly ListeningSocket[];
  /** True when the guest has more sockets than were read. */
  readonly truncated: boolean;
}

/** A change of the published ports. */
export type PortChange =
  /** Replaces everything known. */
  | { readonly kind: 'snapshot'; readonly containers: ReadonlyMap<string, readonly PortBinding[]> }
  /** Replaces the list of one container; empty means that it publishes nothing any more. */
  | { readonly kind: 'changed'; readonly containerId: string; readonly bindings: readonly PortBinding[] }
  /** A notification was lost or damaged: what is known may be out of date. */
  | { readonly kind: 'stale'; readonly reason: AgentError }
  /** What is known is current again. */
  | { readonly kind: 'current' };

/** What `ensureRuntime` tells while it works. */
export interface EnsureProgress {
  readonly elapsedMs: number;
  /** The guest's own words; untrusted. */
  readonly detail: string;
}

/** How `ensureRuntime` is to work. `timeoutMs` bounds all of it, polls included. */
export interface EnsureOptions extends CallOptions {
  /** False: only look. */
  readonly startIfNeeded: boolean;
  /** Called about once a second while the work goes on. */
  readonly onProgress?: (progress: EnsureProgress) => void;
}

/**
 * One live connection to one guest agent, whatever the protocol. Calls throw only {@link AgentError}; one that the agent
 * lacks throws `unsupported` without sending anything.
 */
export interface AgentSession {
  readonly endpoint: Endpoint;
  /** May grow as the agent reveals itself. */
  readonly capabilities: ReadonlySet<Capability>;
  /** `null` until the agent has told. */
  readonly agent: AgentIdentity | null;
  /** `null` where the protocol does not tell. */
  readonly boot: BootTiming | null;
  /** Resolves when the connection is gone, with the reason; never rejects. */
  readonly closed: Promise<AgentError>;

  /** One round trip. Never touches the guest's clock. */
  ping(options: CallOptions): Promise<PingResult>;
  systemInfo(options: CallOptions): Promise<SystemInfo>;
  runtimeStatus(options: CallOptions): Promise<RuntimeStatusResponse>;
  /** Makes the runtime usable; polls while the guest says `starting`. Does not hold up other calls. */
  ensureRuntime(options: EnsureOptions): Promise<RuntimeEnsureResponse>;
  /** Sets the guest's clock to `unixNanos`, or to this host's clock at sending. The only call that does. */
  syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult>;
  /** Tells the guest that it is in use, postponing its idle shutdown; returns the new activity number. */
  touch(options: CallOptions): Promise<bigint>;
  /**
   * Asks for port changes; `listener` hears a snapshot first, before the promise resolves. One subscription a session.
   */
  subscribePorts(listener: (change: PortChange) => void, options: CallOptions): Promise<void>;
  /**
   * Reads which sockets listen inside the guest, whether published or not. It counts as use of the sandbox and so
   * postpones its idle shutdown: not for polling.
   */
  listeningPorts(options: CallOptions): Promise<ListeningPorts>;
  close(): void;
}
