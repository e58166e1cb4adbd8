import type { PassiveObservation } from '../sandbox-monitor.ts';
import type { SandboxSpec } from '../snapshot.ts';
import { readHeartbeat } from './microsandbox-heartbeat.ts';
import { resolveMicrosandboxHome } from './microsandbox-home.ts';

/**
 * Reads the heartbeat that a microsandbox agent leaves in a file once a second: clock drift and use, without a message
 * that would count as use itself. `undefined` for other sandboxes, and when there is no fresh heartbeat.
 */
export async function observeFromHost({
  source,
  name,
}: SandboxSpec): Promise<PassiveObservation | undefined> {
  if (source !== 'microsandbox') return undefined;
  const beat = await readHeartbeat(await resolveMicrosandboxHome(), name);
  if (beat === undefined || beat.isStale) return undefined;
  return { clockOffsetMs: beat.driftMs, idleMs: beat.idleMs, activeSessions: beat.activeSessions };
}
