import { AgentError, type AgentErrorCode } from '../../agent/errors.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { AgentSession } from '../../agent/session.ts';
import { cleanListening, cleanRuntime, cleanSystem } from '../model/guest-facts.ts';
import type { CallLog } from './call-log.ts';
import { roundTripOf, type SnapshotCell, type SnapshotChange } from './snapshot-cell.ts';

/** How closely a sandbox is watched: everything while somebody looks, otherwise only what the status item needs. */
export type Attention = 'visible' | 'background';

/** Failures of one call that leave the connection usable. */
const harmlessCodes: ReadonlySet<AgentErrorCode> = new Set([
  'remote_error',
  'malformed_payload',
  'unsupported',
  'not_permitted',
]);

/** True for a failure that says nothing about the connection. */
export function isHarmless({ code }: AgentError): boolean {
  return harmlessCodes.has(code);
}

/**
 * Asks for what `attention` needs, all of it at once. In the background that is one call: the status, or a ping where there
 * is none. An answer that fails without harm to the connection is noted in the snapshot. Nothing is noted once the signal
 * has aborted.
 *
 * @throws AgentError when the connection is of no more use.
 */
export async function pollAgent(
  cell: SnapshotCell,
  session: AgentSession,
  attention: Attention,
  options: CallOptions,
  calls: CallLog,
): Promise<void> {
  const isVisible = attention === 'visible';
  const { runtime, system } = session;
  const asked: Promise<void>[] = [];
  const note = (change: SnapshotChange): void => {
    if (options.signal?.aborted !== true) cell.patch(change);
  };
  if (isVisible || runtime === undefined) {
    asked.push(
      calls
        .note('ping', () => session.ping(options))
        .then((pong) => {
          note({ ...roundTripOf(pong), ...cell.factsOf(session) });
        }),
    );
  }
  if (runtime !== undefined) {
    asked.push(
      calls
        .note('runtime.status', () => runtime.status(options))
        .then((status) => {
          const before = cell.snapshot.runtime;
          note({ runtime: cell.dated('runtime', before, (cleaner) => cleanRuntime(status, cleaner)) });
        }),
    );
  }
  if (isVisible && system !== undefined) {
    asked.push(
      calls
        .note('system.read', () => system.read(options))
        .then((facts) => {
          const before = cell.snapshot.system;
          note({ system: cell.dated('system', before, (cleaner) => cleanSystem(facts, cleaner)) });
        }),
    );
  }
  const reasons = (await Promise.allSettled(asked)).flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [] : [AgentError.from(outcome.reason, 'connection_closed')],
  );
  const fatal = reasons.find((reason) => !isHarmless(reason));
  if (fatal !== undefined) throw fatal;
  const pollError = reasons[0]?.message ?? null;
  if (pollError !== cell.snapshot.pollError) note({ pollError });
}

/**
 * Reads what listens inside the guest, where the agent can tell; it counts as use of the sandbox.
 *
 * @throws AgentError when the connection is of no more use.
 */
export async function readListening(
  cell: SnapshotCell,
  { listening }: AgentSession,
  options: CallOptions,
  calls: CallLog,
): Promise<void> {
  if (listening === undefined) return;
  try {
    const found = await calls.note('listening.read', () => listening.read(options));
    const before = cell.snapshot.listening;
    const dated = cell.dated('listening', before, (cleaner) => cleanListening(found, cleaner));
    cell.patch({ listening: dated, listeningError: null });
  } catch (error) {
    const reason = AgentError.from(error, 'connection_closed');
    if (!isHarmless(reason)) throw reason;
    cell.patch({ listeningError: reason.message });
  }
}
