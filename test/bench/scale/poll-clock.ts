/** Delays between these bounds are the pauses between two polls of a sandbox that somebody looks at. */
const pollPauseMs = { from: 2000, below: 9000 } as const;

let factor = 1;

/**
 * Makes the pauses between visible polls `by` times as long from now on: much shorter, to see an hour of polls in a
 * minute, or much longer, so that nothing but the measured happens. No time limit of a call is touched. Works on code
 * that was loaded after this module, because it replaces the global `setTimeout`.
 */
export function stretchPolls(by: number): void {
  factor = by;
}

const realSetTimeout = globalThis.setTimeout;

function stretchedSetTimeout(callback: () => void, delayMs = 0, ...values: []): NodeJS.Timeout {
  const isPollPause = delayMs >= pollPauseMs.from && delayMs < pollPauseMs.below;
  return realSetTimeout(callback, isPollPause ? delayMs * factor : delayMs, ...values);
}

// What Node adds to the function, such as the form that returns a promise, stays.
globalThis.setTimeout = Object.assign(stretchedSetTimeout, realSetTimeout);
