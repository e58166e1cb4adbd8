import type { Disposable } from './emitter.ts';

/** A signal that follows others until it is disposed of. */
export interface LinkedAbort extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with the first of `signals`, for the same reason. Unlike `AbortSignal.any` it leaves nothing behind
 * on signals that live long, as long as it is disposed of when its work is over.
 */
export function linkAbort(signals: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController();
  const followed = signals.filter((signal) => signal !== undefined);
  const dispose = (): void => {
    for (const signal of followed) signal.removeEventListener('abort', onAbort);
  };
  function onAbort(this: AbortSignal): void {
    dispose();
    controller.abort(this.reason);
  }
  const aborted = followed.find((signal) => signal.aborted);
  if (aborted !== undefined) controller.abort(aborted.reason);
  else for (const signal of followed) signal.addEventListener('abort', onAbort);
  return { signal: controller.signal, dispose };
}
