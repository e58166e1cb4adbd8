import type { PassiveObservation } from '../../watch/sandbox-monitor.ts';
import type { SandboxSpec } from '../../model/snapshot.ts';
import { heartbeatToleranceMs, readHeartbeat } from './heartbeat.ts';
import { resolveMicrosandboxHome } from './home.ts';

/**
 * Reads the heartbeat that a microsandbox agent leaves in a file once a second: clock drift and use, without a message
 * that would count as use itself. A drift that the measurement cannot tell from none is none. `undefined` for other sandboxes, and when there is no fresh heartbeat.
 */
export async function observeFromHost({
  source,
  discovered,
}: SandboxSpec): Promise<PassiveObservation | undefined> {
  if (source !== 'microsandbox' || discovered?.recordName === undefined) return undefined;
  const beat = await readHeartbeat(await resolveMicrosandboxHome(), discovered.recordName);
  if (beat === undefined || beat.isStale) return undefined;
  const isInStep = Math.abs(beat.driftMs) <= heartbeatToleranceMs;
  return {
    clockOffsetMs: isInStep ? 0 : beat.driftMs,
    idleMs: beat.idleMs,
    activeSessions: beat.activeSessions,
  };
}
