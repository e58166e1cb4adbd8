import * as l10n from '../base/l10n.ts';
import type { PlainText } from '../base/text.ts';
import type { Endpoint } from './endpoint.ts';
import { AgentError } from './errors.ts';
import type {
  AgentIdentity,
  BootTiming,
  EnsureOutcome,
  ListeningPorts,
  PortChange,
  RuntimeStatus,
  SystemFacts,
} from './facts.ts';
import type { Logger } from '../base/logger.ts';
import type { CallOptions } from './rpc/channel.ts';
import type { TlsSettings } from './transport/tls.ts';

/** How to connect. */
export interface ConnectOptions extends CallOptions {
  readonly logger: Logger;
  /** For endpoints with the transport tls. */
  readonly tls?: TlsSettings;
  /** For endpoints with the transport vsock; see `OpenVsockOptions`. */
  readonly vsockHelper?: readonly [string, ...string[]];
  /** Hears of a program that the connection goes through, and when it is gone. */
  readonly onProgram?: (exited: Promise<unknown>) => void;
}

/** Opens a session of one protocol; throws AgentError. */
export type OpenSession = (endpoint: Endpoint, options: ConnectOptions) => Promise<AgentSession>;

/** A completed round trip. */
export interface PingResult {
  /** The agent's echo; empty where the protocol has none. Untrusted. */
  readonly message: string;
  /** Untrusted. */
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

/** What ensuring a runtime tells while it works. */
export interface EnsureProgress {
  readonly elapsedMs: number;
  /** The guest's own words; untrusted. */
  readonly detail: string;
}

/** How to ensure a runtime. `timeoutMs` bounds all of it, polls included. */
export interface EnsureOptions extends CallOptions {
  /** False: only look. */
  readonly startIfNeeded: boolean;
  /** Called about once a second while the work goes on. */
  readonly onProgress?: (progress: EnsureProgress) => void;
}

/** The guest's container runtime. */
export interface RuntimeFacet {
  status(options: CallOptions): Promise<RuntimeStatus>;
  /** Makes the runtime usable; polls while the guest says `starting`. Absent where it can only be looked at. */
  readonly ensure?: (options: EnsureOptions) => Promise<EnsureOutcome>;
}

/** The guest's clock. */
export interface ClockFacet {
  /** True when a ping tells how far the clock is off. */
  readonly isReported: boolean;
  /** Sets it to `unixNanos`, or to this host's clock at sending. The only call that does. */
  sync(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult>;
}

/** Who follows a guest's ports. */
export interface PortFollower {
  /**
   * Changes wait in the {@link PortStream}. Told once until the next `drain`, and again before that returns when it left
   * something behind.
   */
  readonly onPending: () => void;
}

/** The port changes of one session, gathered by container until somebody asks for them. */
export interface PortStream {
  /** Notifications that were dropped since the beginning because too much waited; the list is then `stale`. */
  readonly dropped: number;
  /**
   * Takes what has changed since the last call, each container once and in its last state. The first call begins with a
   * snapshot; each one returns a bounded number of changes.
   */
  drain(): readonly PortChange[];
}

/** The ports that the guest's containers publish. */
export interface PortsFacet {
  /**
   * Resolves when the snapshot is complete and can be drained; changes are then gathered until the connection ends, which
   * is itself told by `AgentSession.closed` alone. One follower a session. `options` concern the snapshot.
   *
   * @throws AgentError `unsupported` when the agent does not grant it.
   */
  follow(follower: PortFollower, options: CallOptions): Promise<PortStream>;
}

/** The guest as a machine. */
export interface SystemFacet {
  read(options: CallOptions): Promise<SystemFacts>;
}

/** What listens inside the guest, published or not. */
export interface ListeningFacet {
  /** Counts as use of the sandbox and so postpones its idle shutdown: not for polling. */
  read(options: CallOptions): Promise<ListeningPorts>;
}

/** The guest's record of being in use. */
export interface ActivityFacet {
  /** Tells the guest that it is in use, postponing its idle shutdown; returns the new activity number. */
  touch(options: CallOptions): Promise<bigint>;
}

/** What is told of a file of the guest. */
export interface FileFacts {
  readonly kind: 'file' | 'dir' | 'symlink' | 'other';
  /** As the guest says, up to 2^64-1, whatever it then sends. */
  readonly sizeBytes: bigint;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Seconds of Unix time; `null` where it is not told. */
  readonly modifiedSeconds: bigint | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** One entry of a folder; a link is told as such. */
export interface FolderEntry extends FileFacts {
  /** Never empty, `.`, `..` or with `/` or NUL in it; otherwise untrusted. */
  readonly name: string;
}

/** A folder of the guest. */
export interface FolderListing {
  /** In the guest's order, no name twice. */
  readonly entries: readonly FolderEntry[];
  /** Entries whose names cannot be names of files. */
  readonly leftOut: number;
  /** True when the guest has more entries than are kept. */
  readonly truncated: boolean;
}

/**
 * The guest's files, by absolute paths. Every call counts as use of the sandbox. `options` bound each operation of a
 * call, of which a large file needs many. Refusals of the guest are `remote_error`.
 */
export interface FilesFacet {
  /** Follows links. */
  stat(path: string, options: CallOptions): Promise<FileFacts>;
  list(path: string, options: CallOptions): Promise<FolderListing>;
  /** The content in pieces of at most 1 MiB, read as they are taken; ends where the file does, whatever its size said. */
  read(path: string, options: CallOptions): AsyncIterable<Uint8Array>;
  /** Replaces the file as a whole, once all of `content` is written; owner and mode stay. */
  write(path: string, content: AsyncIterable<Uint8Array>, options: CallOptions): Promise<void>;
}

/** What a session may offer beyond a ping. */
export interface SessionFacets {
  readonly runtime?: RuntimeFacet;
  readonly clock?: ClockFacet;
  readonly ports?: PortsFacet;
  readonly system?: SystemFacet;
  readonly listening?: ListeningFacet;
  readonly activity?: ActivityFacet;
  readonly files?: FilesFacet;
}

/** One of the facets. */
export type FacetName = keyof SessionFacets;

/**
 * One live connection to one guest agent, whatever the family. A facet that is there can be called; one that is not has
 * its reason in {@link absent}. Facets may appear with the first ping, by which an agent reveals itself. Every call throws
 * only {@link AgentError}.
 */
export interface AgentSession extends SessionFacets {
  readonly endpoint: Endpoint;
  /** `null` until the agent has told. Untrusted. */
  readonly agent: AgentIdentity | null;
  /** `null` where the protocol does not tell. */
  readonly boot: BootTiming | null;
  /** Why a facet is not there, as a sentence; under `runtime` also why it has no `ensure`. */
  readonly absent: Readonly<Partial<Record<FacetName, PlainText>>>;
  /** Resolves when the connection is gone, with the reason; never rejects. */
  readonly closed: Promise<AgentError>;

  /** One round trip. Never touches the guest's clock. */
  ping(options: CallOptions): Promise<PingResult>;
  close(): void;
}

/**
 * The facet of that name.
 *
 * @throws AgentError `unsupported` with the session's reason.
 */
export function facetOf<Name extends FacetName>(
  session: AgentSession,
  name: Name,
): NonNullable<AgentSession[Name]> {
  const facet = session[name];
  if (facet !== undefined) return facet;
  throw missing(session, name);
}

/** Why a facet cannot be used, as the error a caller is given. */
export function missing({ absent }: AgentSession, name: FacetName): AgentError {
  return new AgentError('unsupported', absent[name] ?? l10n.t('This agent does not offer that.'));
}

/** What an agent can do, in the words of the command line and of the extension's API. */
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

/** The capabilities that a session's facets amount to. */
export function capabilitiesOf(session: AgentSession): ReadonlySet<Capability> {
  const { system, runtime, clock, ports, activity, boot, listening } = session;
  const has: Readonly<Record<Capability, boolean>> = {
    system_info: system !== undefined,
    runtime_status: runtime !== undefined,
    ensure_runtime: runtime?.ensure !== undefined,
    sync_clock: clock !== undefined,
    clock_report: clock?.isReported === true,
    port_notifications: ports !== undefined,
    touch: activity !== undefined,
    boot_timing: boot !== null,
    listening_ports: listening !== undefined,
  };
  return new Set(capabilities.filter((capability) => has[capability]));
}
