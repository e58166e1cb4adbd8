import { join } from 'node:path';
import { readSmallFile } from '../../../base/bounded-file.ts';
import { dig, parseJson } from '../../../base/json.ts';
import type { MicrosandboxHome } from './home.ts';

const maxHeartbeatBytes = 64 * 1024;

/** An agent writes once a second; after this long it is gone, frozen or asleep. */
const maxAgeMs = 10_000;

/** Drift below this is within the error of the measurement: a read may meet the file between two beats. */
export const heartbeatToleranceMs = 1000;

/** What an agent writes down once a second, read without sending it anything. */
export interface Heartbeat {
  /** Guest clock minus host clock in milliseconds, good to about {@link heartbeatToleranceMs}. */
  readonly driftMs: number;
  /** Since the last beat, by the host's clock. */
  readonly ageMs: number;
  /** True when no beat came for 10 s: the guest is gone, frozen or asleep, and drift says nothing. */
  readonly isStale: boolean;
  /** Grows with every use of the sandbox; `null` when not told. */
  readonly activitySeq: number | null;
  /** Since the last use, by the guest's clock; `null` when not told. */
  readonly idleMs: number | null;
  /** Programs and streams in use; `null` when not told. */
  readonly activeSessions: number | null;
}

/**
 * Reads the heartbeat of a sandbox; `undefined` when there is none, it is damaged, it is a link, or its file system does not
 * answer within a second.
 */
export async function readHeartbeat(
  { sandboxesDir }: MicrosandboxHome,
  name: string,
  nowMs = Date.now(),
): Promise<Heartbeat | undefined> {
  // A name is a path segment here, and must not lead elsewhere.
  if (/[/\\\0]/.test(name) || name === '.' || name === '..' || name === '') return undefined;
  const path = join(sandboxesDir, name, 'runtime', 'heartbeat.json');
  // The guest writes into this folder, and so may make a link there that leads to any file or device of this machine.
  const file = await readSmallFile(path, maxHeartbeatBytes, 'refused');
  return file === undefined ? undefined : parseHeartbeat(file.text, file.modifiedMs, nowMs);
}

/** Interprets a heartbeat's text with the times of its file and of now, by the host's clock. */
export function parseHeartbeat(text: string, modifiedMs: number, nowMs: number): Heartbeat | undefined {
  const beat = parseJson(text);
  const timestampMs = timeOf(dig(beat, 'timestamp'));
  if (timestampMs === undefined) return undefined;
  const lastActivityMs = timeOf(dig(beat, 'last_activity'));
  const counts = ['active_exec_sessions', 'active_fs_streams', 'active_tcp_streams'].map((key) =>
    countOf(dig(beat, key)),
  );
  const ageMs = Math.max(0, nowMs - modifiedMs);
  return {
    driftMs: timestampMs - modifiedMs,
    ageMs,
    isStale: ageMs > maxAgeMs,
    activitySeq: countOf(dig(beat, 'activity_seq')),
    idleMs: lastActivityMs === undefined ? null : Math.max(0, timestampMs - lastActivityMs),
    activeSessions: counts.includes(null)
      ? null
      : counts.reduce((sum: number, count) => sum + (count ?? 0), 0),
  };
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
