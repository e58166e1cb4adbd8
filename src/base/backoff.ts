const minDelayMs = 250;
const maxDelayMs = 30_000;
const jitter = 0.1;

/**
 * Milliseconds to wait after `failures` failures in a row: 250 doubling up to 30 000, 10 % up or down. `random` is in
 * [0, 1), so that many that fail together do not try again together.
 */
export function backoffMs(failures: number, random: number): number {
  const delayMs = Math.min(minDelayMs * 2 ** Math.min(failures, 20), maxDelayMs);
  return Math.round(delayMs * (1 - jitter + 2 * jitter * random));
}
