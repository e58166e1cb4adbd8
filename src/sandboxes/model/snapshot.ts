import type { Endpoint } from '../../agent/endpoint.ts';
import type {
  AgentIdentity,
  BootTiming,
  ListeningPorts,
  RuntimeStatus,
  SystemFacts,
} from '../../agent/facts.ts';
import type { Capability } from '../../agent/session.ts';
import type { TlsFiles } from '../../agent/endpoint.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import type { PlainText } from '../../base/text.ts';
import { initialConnection, type ConnectionState } from './connection.ts';
import type { DiscoveredFacts } from './discovered.ts';
import type { SandboxHistory } from './history.ts';
import type { PortKnowledge } from './port-book.ts';

/** One word for a whole sandbox, best first. */
export const readinessWords = [
  'ready',
  'starting',
  'degraded',
  'not_ready',
  'unreachable',
  'unknown',
] as const;

/** One of {@link readinessWords}. */
export type ReadinessWord = (typeof readinessWords)[number];

/** Where a sandbox was learnt of. */
export type SandboxSource = 'settings' | 'local' | 'microsandbox' | 'arcbox';

/** A sandbox to be watched. */
export interface SandboxSpec {
  /** Unique and stable across restarts of the editor; never shown. */
  readonly id: string;
  readonly name: PlainText;
  readonly endpoint: Endpoint;
  readonly source: SandboxSource;
  /** Socket of the sandbox's Docker engine, read for published ports when the agent does not tell them. */
  readonly dockerSocket?: string;
  /** Whom to trust and who we are, for an endpoint with the transport tls. */
  readonly tls?: TlsFiles;
  /** What the tool that owns the sandbox tells; absent for one that was configured. */
  readonly discovered?: DiscoveredFacts;
}

/** A value with the moment it was learnt, in milliseconds since the Unix epoch. */
export interface Dated<T> {
  readonly value: T;
  readonly atMs: number;
}

/** Work that was asked of the guest and is not finished. */
export interface RunningOperation {
  readonly kind: 'ensureRuntime';
  readonly startedAtMs: number;
  /** The guest's latest words. */
  readonly detail: PlainText;
}

/** How a guest is used. A part that was not told is `null`. */
export interface GuestActivity {
  /** Milliseconds since the last use. */
  readonly idleMs: number | null;
  /** Programs and streams in use. */
  readonly activeSessions: number | null;
}

/**
 * Everything known of one sandbox, as plain immutable data; a change makes a new object and keeps the parts that did not
 * change, so that `===` tells what is the same. A `Dated` part is a new object with every answer, its `value` only when
 * the answer differs.
 */
export interface SandboxSnapshot extends SandboxSpec {
  readonly connection: ConnectionState;
  readonly readiness: ReadinessWord;
  /** True when what is known was learnt on an earlier connection. */
  readonly isStale: boolean;
  readonly agent: AgentIdentity<PlainText> | null;
  readonly boot: BootTiming | null;
  readonly capabilities: ReadonlySet<Capability>;
  /** Milliseconds of the latest round trip. */
  readonly roundTripMs: Dated<number> | null;
  /** Guest clock minus host clock in milliseconds. */
  readonly clockOffsetMs: Dated<number> | null;
  readonly runtime: Dated<RuntimeStatus<PlainText>> | null;
  readonly system: Dated<SystemFacts<PlainText>> | null;
  readonly ports: PortKnowledge;
  /** What listens inside the guest, read when asked for, because reading counts as use. */
  readonly listening: Dated<ListeningPorts<IpAddress>> | null;
  /** Why the latest reading of what listens failed; `null` when it succeeded, or nothing was read yet. */
  readonly listeningError: PlainText | null;
  /** How the guest is used, learnt without asking it. */
  readonly activity: Dated<GuestActivity> | null;
  /** The latest poll that failed while the connection stayed usable; `null` when it succeeded. */
  readonly pollError: PlainText | null;
  /** What was begun first, of what is not finished. */
  readonly operation: RunningOperation | null;
  /** Texts shortened and entries left out of what is shown now. */
  readonly cuts: number;
  readonly history: SandboxHistory;
}

/** False for a sandbox that its own tool knows not to run; asking it would only fail. */
export function mayAnswer({ discovered }: Pick<SandboxSpec, 'discovered'>): boolean {
  return discovered === undefined || discovered.state === 'running' || discovered.state === 'starting';
}

/** What is known of a sandbox before anything was tried. */
export function initialSnapshot(spec: SandboxSpec): SandboxSnapshot {
  return {
    ...spec,
    connection: initialConnection(mayAnswer(spec)),
    readiness: 'unknown',
    isStale: false,
    agent: null,
    boot: null,
    capabilities: new Set(),
    roundTripMs: null,
    clockOffsetMs: null,
    runtime: null,
    system: null,
    ports: { kind: 'asking' },
    listening: null,
    listeningError: null,
    activity: null,
    pollError: null,
    operation: null,
    cuts: 0,
    history: { roundTripMs: [], load: [], memoryUsed: [], readiness: [] },
  };
}
