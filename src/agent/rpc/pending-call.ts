import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError } from '../errors.ts';
import type { CallOptions } from './channel.ts';

/** Most calls of one channel that may wait for an answer, given-up ones counted where they keep their place. */
export const maxWaitingCalls = 4096;

/** The refusal of a call when {@link maxWaitingCalls} wait already; `undefined` while there is room. */
export function refuseWhenFull(waitingCalls: number): AgentError | undefined {
  return waitingCalls < maxWaitingCalls
    ? undefined
    : new AgentError(
        'not_permitted',
        l10n.t('{0} calls wait for this agent already; connect again if it does not answer.', waitingCalls),
      );
}

/** A call that waits for its answer. */
export interface PendingCall<T> {
  readonly promise: Promise<T>;
  /** Settles the call; later settlements are ignored. */
  resolve(value: T): void;
  reject(error: AgentError): void;
}

/**
 * Starts the clock of one call. The promise rejects with `timeout` or `cancelled` when the deadline or the signal comes
 * first, after `onGivenUp` was told; its timer and listener are gone however it settles.
 *
 * @param describeTimeout the sentence for `timeout`, asked for only when it is needed.
 */
export function startCall<T>(
  options: CallOptions,
  describeTimeout: () => PlainText,
  onGivenUp: () => void = () => undefined,
): PendingCall<T> {
  const { timeoutMs, signal } = options;
  let settle: { resolve: (value: T) => void; reject: (error: AgentError) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const finish = (): typeof settle => {
    const first = settle;
    settle = undefined;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    return first;
  };
  const giveUp = (error: AgentError): void => {
    const first = finish();
    if (first === undefined) return;
    onGivenUp();
    first.reject(error);
  };
  const onAbort = (): void => {
    giveUp(new AgentError('cancelled', l10n.t('The call was cancelled.'), { cause: signal?.reason }));
  };
  const timer = setTimeout(() => {
    giveUp(new AgentError('timeout', describeTimeout()));
  }, timeoutMs);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    promise,
    resolve: (value) => finish()?.resolve(value),
    reject: (error) => finish()?.reject(error),
  };
}
