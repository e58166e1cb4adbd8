import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { AgentSession } from '../../agent/session.ts';
import type { Turnstile } from '../../base/turnstile.ts';
import type { GuestActivity, SandboxSnapshot, SandboxSpec } from '../model/snapshot.ts';
import type { Alarm } from './alarm.ts';
import { pollAgent, readListening, type Attention } from './ask-agent.ts';
import type { CallLog } from './call-log.ts';
import { roundTripOf, type SnapshotCell } from './snapshot-cell.ts';

/** What was learnt of a guest without asking it. A part that was not told is `null`. */
export interface PassiveObservation extends GuestActivity {
  /** Guest clock minus host clock in milliseconds. */
  readonly clockOffsetMs: number | null;
}

/** Looks at what a guest leaves where its host can read it; `undefined` when there is nothing. */
export type Observe = (spec: SandboxSpec) => Promise<PassiveObservation | undefined>;

/** What watching an open session needs. */
export interface WatchParts {
  readonly cell: SnapshotCell;
  readonly session: AgentSession;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
  /** Rings when the next poll is wanted at once. */
  readonly alarm: Alarm;
  readonly attention: () => Attention;
  readonly polls: Turnstile;
  readonly calls: CallLog;
  readonly observe: Observe | undefined;
  /** Called when this machine was found to have slept. */
  readonly onSlept: () => void;
  /** Called whenever the agent has proven that it answers. */
  readonly onAnswer: () => void;
  /** In [0, 1). */
  readonly random: () => number;
}

const pollIntervalMs: Readonly<Record<Attention, number>> = { visible: 5000, background: 15_000 };
/** Polls keep this share away from their interval, up or down, so that many sandboxes are not polled in step. */
const pollJitter = 0.1;
/** Polls are due when the clock shows a multiple of this, so that those of many sandboxes share the turns of the event loop. */
const pollBeatMs = 200;
export const pollTimeoutMs = 10_000;
/** A round this late means that this machine slept. */
const sleepGapMs = 30_000;
/** A guest that slept along has written down its time anew by then. */
const afterSleepIntervalMs = 2000;
/** A connection that slept is given this long to prove that it lives. */
const verifyTimeoutMs = 5000;
/** What a guest leaves on the host's disk is not waited for longer. */
const observeTimeoutMs = 1500;

/**
 * Polls an open session until its signal aborts.
 *
 * @throws AgentError when the connection is of no more use.
 */
export async function watchSession(parts: WatchParts): Promise<void> {
  const { cell, session, signal, alarm, polls, calls, random } = parts;
  const observe = observer(parts);
  let timeoutMs = pollTimeoutMs;
  let hasReadListening = false;
  let hasSlept = false;
  for (;;) {
    const attention = parts.attention();
    const startMs = Date.now();
    const options: CallOptions = { timeoutMs, signal };
    await polls.run(() => pollAgent(cell, session, attention, options, calls), signal);
    await observe();
    // Once a connection, because reading counts as use of the sandbox.
    if (attention === 'visible' && !hasReadListening) {
      hasReadListening = true;
      await readListening(cell, session, options, calls);
    }
    const waitMs = pauseMs(parts.attention(), cell.snapshot, hasSlept, random(), Date.now());
    await alarm.wait(waitMs, signal);
    if (signal.aborted) return;
    // Sleep may also have come in the middle of the poll.
    hasSlept = Date.now() - startMs - waitMs > sleepGapMs;
    timeoutMs = hasSlept ? verifyTimeoutMs : pollTimeoutMs;
    if (hasSlept) await verifyAfterSleep(parts, observe, { timeoutMs, signal });
  }
}

/** How long to wait before the next poll, at Unix time `nowMs`. */
function pauseMs(
  attention: Attention,
  { clockOffsetMs }: SandboxSnapshot,
  hasSlept: boolean,
  random: number,
  nowMs: number,
): number {
  if (hasSlept && clockOffsetMs === null) return afterSleepIntervalMs;
  const waitMs = pollIntervalMs[attention] * (1 - pollJitter + 2 * pollJitter * random);
  return Math.floor((nowMs + waitMs) / pollBeatMs) * pollBeatMs - nowMs;
}

/** Proves that the connection lives, and learns anew how far off the clock is. */
async function verifyAfterSleep(
  { cell, session, calls, onSlept, onAnswer }: WatchParts,
  observe: () => Promise<void>,
  options: CallOptions,
): Promise<void> {
  onSlept();
  // What was known of the clock before the sleep says nothing.
  cell.patch({ clockOffsetMs: null });
  await observe();
  cell.patch(roundTripOf(await calls.note('ping', () => session.ping(options))));
  onAnswer();
}

/** Takes what can be learnt of the guest without asking it; what takes too long is left for the next time. */
function observer({ cell, observe, signal }: WatchParts): () => Promise<void> {
  if (observe === undefined) return () => Promise.resolve();
  let isBusy = false;
  const look = async (): Promise<void> => {
    const seen = await observe(cell.snapshot).catch(() => undefined);
    isBusy = false;
    if (seen === undefined || signal.aborted) return;
    const atMs = Date.now();
    const { idleMs, activeSessions, clockOffsetMs } = seen;
    cell.patch({
      activity: { value: { idleMs, activeSessions }, atMs },
      ...(clockOffsetMs !== null && { clockOffsetMs: { value: clockOffsetMs, atMs } }),
    });
  };
  return async () => {
    if (isBusy) return;
    isBusy = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, observeTimeoutMs);
    });
    await Promise.race([look(), late]);
    clearTimeout(timer);
  };
}
