import type { AgentError } from '../../agent/errors.ts';
import type { SystemFacts } from '../../agent/facts.ts';
import { connectionError } from './connection.ts';
import { shortfallOf, type Shortfall } from './readiness.ts';
import type { Dated, ReadinessWord, SandboxSnapshot } from './snapshot.ts';

/** Measured values, oldest first. */
export type Series = readonly Dated<number>[];

/** What a sandbox has been like lately. */
export interface SandboxHistory {
  /** Milliseconds. The first one of a connection is left out: it measures how both sides warm up. */
  readonly roundTripMs: Series;
  /** Load average of the last minute. */
  readonly load: Series;
  /** Share of the memory that is in use, 0 to 1. */
  readonly memoryUsed: Series;
  /** Every readiness with the moment it began, oldest first; the last one is the present. */
  readonly readiness: readonly ReadinessChange[];
}

/** The beginning of a readiness, with what it came from. */
export interface ReadinessChange extends Dated<ReadinessWord> {
  /** Why the sandbox could not be reached; `null` when it could. */
  readonly error: AgentError | null;
  /** What the runtime lacked; `null` when it lacked nothing, or there was none to ask. */
  readonly shortfall: Shortfall | null;
}

/** Measurements are kept this long, counted back from the newest. */
export const historyMs = 15 * 60_000;
/** At most this many measurements of a kind: those of {@link historyMs} under the closest watch, and bursts of pings. */
export const maxPoints = 360;
/** At most this many changes of readiness, however long ago. */
export const maxReadinessChanges = 50;

/** The history after a change from `before` to `after`, at Unix time `nowMs`; the same object when nothing is to be noted. */
export function recordHistory(
  before: SandboxSnapshot,
  after: Omit<SandboxSnapshot, 'history'>,
  nowMs: number,
): SandboxHistory {
  const { history } = before;
  const { roundTripMs, system, readiness } = after;
  let next = history;
  const isFirst = before.connection.phase !== 'open';
  if (roundTripMs !== null && roundTripMs !== before.roundTripMs && !isFirst)
    next = { ...next, roundTripMs: appendPoint(next.roundTripMs, roundTripMs) };
  if (system !== null && system !== before.system) {
    const { atMs } = system;
    const [load] = system.value.loadAverage;
    const memoryUsed = usedShare(system.value);
    if (load !== undefined) next = { ...next, load: appendPoint(next.load, { value: load, atMs }) };
    if (memoryUsed !== undefined)
      next = { ...next, memoryUsed: appendPoint(next.memoryUsed, { value: memoryUsed, atMs }) };
  }
  if (readiness !== history.readiness.at(-1)?.value) {
    const change = { value: readiness, atMs: nowMs, ...causeOf(after) };
    next = { ...next, readiness: [...history.readiness, change].slice(-maxReadinessChanges) };
  }
  return next;
}

function causeOf({
  connection,
  readiness,
  runtime,
}: Omit<SandboxSnapshot, 'history'>): Pick<ReadinessChange, 'error' | 'shortfall'> {
  const isShort = readiness === 'starting' || readiness === 'degraded' || readiness === 'not_ready';
  return {
    error: readiness === 'unreachable' ? connectionError(connection) : null,
    shortfall: isShort && runtime !== null ? shortfallOf(runtime.value) : null,
  };
}

/** A number that a guest made up, like NaN or a negative one, is left out; so is everything too old or too much. */
function appendPoint(series: Series, point: Dated<number>): Series {
  if (!Number.isFinite(point.value) || point.value < 0) return series;
  let first = Math.max(series.length + 1 - maxPoints, 0);
  while (first < series.length && (series[first]?.atMs ?? 0) < point.atMs - historyMs) first++;
  return [...series.slice(first), point];
}

function usedShare({
  totalMemory,
  availableMemory,
}: Pick<SystemFacts, 'totalMemory' | 'availableMemory'>): number | undefined {
  if (totalMemory <= 0n || availableMemory < 0n || availableMemory > totalMemory) return undefined;
  return 1 - Number(availableMemory) / Number(totalMemory);
}
