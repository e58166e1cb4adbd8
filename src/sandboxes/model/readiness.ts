import type { RuntimeStatus, ServiceStatus } from '../../agent/facts.ts';
import type { PlainText } from '../../base/text.ts';
import { connectionError } from './connection.ts';
import type { ReadinessWord, SandboxSnapshot } from './snapshot.ts';

/**
 * Judges honestly: `ready` only when a round trip has succeeded on this connection and the runtime reports ready; what an
 * earlier connection told counts for nothing. For agents that run no container stack, answering is all there is to it.
 */
export function judgeReadiness(
  snapshot: Pick<SandboxSnapshot, 'connection' | 'capabilities' | 'runtime' | 'operation'>,
): ReadinessWord {
  const { connection, capabilities, operation } = snapshot;
  if (connection.phase !== 'open') return connectionError(connection) === null ? 'unknown' : 'unreachable';
  if (operation?.kind === 'ensureRuntime') return 'starting';
  if (!capabilities.has('runtime_status')) return 'ready';
  if (snapshot.runtime === null || snapshot.runtime.atMs < connection.sinceMs) return 'unknown';
  const runtime = snapshot.runtime.value;
  const unready = unreadyServices(runtime);
  if (unready.some(({ status }) => status === 'starting')) return 'starting';
  if (unready.length === 0 && runtime.containerdReady && runtime.dockerReady) return 'ready';
  return runtime.containerdReady || runtime.dockerReady ? 'degraded' : 'not_ready';
}

/** The services that do not report `ready`. */
export function unreadyServices<Text extends string>(
  runtime: RuntimeStatus<Text>,
): readonly ServiceStatus<Text>[] {
  return runtime.services.filter(({ status }) => status !== 'ready');
}

/** What a runtime lacks, small enough to be remembered. */
export interface Shortfall extends Pick<RuntimeStatus, 'containerdReady' | 'dockerReady'> {
  /** The first services that are not ready, at most {@link maxNamedServices}. */
  readonly services: readonly Pick<ServiceStatus<PlainText>, 'name' | 'status'>[];
  /** How many more there are. */
  readonly others: number;
}

/** Services that are named of those that are not ready; the others are counted. */
export const maxNamedServices = 2;

/** What `runtime` lacks at present. */
export function shortfallOf(runtime: RuntimeStatus<PlainText>): Shortfall {
  const { containerdReady, dockerReady } = runtime;
  const unready = unreadyServices(runtime);
  const services = unready.slice(0, maxNamedServices).map(({ name, status }) => ({ name, status }));
  return { containerdReady, dockerReady, services, others: unready.length - services.length };
}
