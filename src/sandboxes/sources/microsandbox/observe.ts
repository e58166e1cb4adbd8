import type { PassiveObservation } from '../../watch/watch-session.ts';
import type { SandboxSpec } from '../../model/snapshot.ts';
import { heartbeatToleranceMs, readHeartbeat } from './heartbeat.ts';
import { resolveMicrosandboxHome, type MicrosandboxHome } from './home.ts';

/** How long the place of the home is remembered: it is asked for with every poll of every sandbox, and hardly ever moves. */
const homeMemoryMs = 30_000;

let remembered:
  { readonly home: Promise<MicrosandboxHome>; readonly key: string; readonly atMs: number } | undefined;

/**
 * Reads the heartbeat that a microsandbox agent leaves in a file once a second: clock drift and use, without a message
 * that would count as use itself. A drift that the measurement cannot tell from none is none. `undefined` for other
 * sandboxes, and when there is no fresh heartbeat. Never rejects, and answers within two seconds whatever the file is: the
 * guest can make it a pipe, and its file system may hang.
 */
export async function observeFromHost({
  source,
  discovered,
}: SandboxSpec): Promise<PassiveObservation | undefined> {
  if (source !== 'microsandbox' || discovered?.recordName === undefined) return undefined;
  const beat = await readHeartbeat(await currentHome(), discovered.recordName);
  if (beat === undefined || beat.isStale) return undefined;
  const isInStep = Math.abs(beat.driftMs) <= heartbeatToleranceMs;
  return {
    clockOffsetMs: isInStep ? 0 : beat.driftMs,
    idleMs: beat.idleMs,
    activeSessions: beat.activeSessions,
  };
}

function currentHome(): Promise<MicrosandboxHome> {
  const [key, atMs] = [process.env['MSB_HOME'] ?? '', Date.now()];
  if (remembered?.key !== key || Math.abs(atMs - remembered.atMs) > homeMemoryMs)
    remembered = { home: resolveMicrosandboxHome(), key, atMs };
  return remembered.home;
}
