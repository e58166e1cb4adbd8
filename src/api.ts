import { formatEndpoint } from './agent/endpoint.ts';
import type { AgentErrorCode } from './agent/errors.ts';
import { RuntimeStatusResponse, SystemInfo } from './agent/generated/arcbox/v1/agent.ts';
import { connectionError } from './sandboxes/connection.ts';
import type { Disposable } from './sandboxes/emitter.ts';
import type { PublishedPorts } from './sandboxes/port-book.ts';
import type { SandboxRegistry } from './sandboxes/sandbox-registry.ts';
import type { Dated, ReadinessWord, SandboxSnapshot, SandboxSource } from './sandboxes/snapshot.ts';

/**
 * What `activate()` returns to other extensions. Within one version members are only added. Everything handed out is plain
 * data that can be written as JSON; texts from a guest are cleaned, and untrusted.
 */
export interface SandlightApi {
  readonly version: 1;
  /** Every sandbox, in the order of the tree. */
  sandboxes(): readonly SandboxState[];
  /** Calls `listener` after changes, at most about 20 times a second. */
  onDidChange(listener: (sandboxes: readonly SandboxState[]) => void): Disposable;
}

/** One sandbox. What is not known is `null`. */
export interface SandboxState {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly source: SandboxSource;
  readonly connection: 'idle' | 'connecting' | 'open' | 'backoff' | 'failed';
  readonly error: { readonly code: AgentErrorCode; readonly message: string } | null;
  readonly readiness: ReadinessWord;
  /** True when what follows was learnt on an earlier connection. */
  readonly isStale: boolean;
  readonly agent: { readonly version: string; readonly generation?: number } | null;
  readonly capabilities: readonly string[];
  readonly roundTripMs: Dated<number> | null;
  /** Guest clock minus host clock. */
  readonly clockOffsetMs: Dated<number> | null;
  /** `arcbox.v1.RuntimeStatusResponse` in proto3 JSON. */
  readonly runtime: unknown;
  /** `arcbox.v1.SystemInfo` in proto3 JSON. */
  readonly system: unknown;
  readonly ports: readonly PublishedPorts[] | null;
}

/** The API over `registry`. */
export function createApi(registry: SandboxRegistry): SandlightApi {
  const sandboxes = (): readonly SandboxState[] => registry.list().map(toState);
  return {
    version: 1,
    sandboxes,
    onDidChange: (listener) =>
      registry.onDidChange(() => {
        listener(sandboxes());
      }),
  };
}

function toState(snapshot: SandboxSnapshot): SandboxState {
  const { id, name, endpoint, source, connection, readiness, isStale, agent, roundTripMs, clockOffsetMs } =
    snapshot;
  const error = connectionError(connection);
  return {
    id,
    name,
    endpoint: formatEndpoint(endpoint),
    source,
    connection: connection.phase,
    error: error && { code: error.code, message: error.message },
    readiness,
    isStale,
    agent: agent && { ...agent },
    capabilities: [...snapshot.capabilities],
    roundTripMs,
    clockOffsetMs,
    runtime: snapshot.runtime && RuntimeStatusResponse.toJSON(snapshot.runtime.value),
    system: snapshot.system && SystemInfo.toJSON(snapshot.system.value),
    ports: snapshot.ports?.containers ?? null,
  };
}
