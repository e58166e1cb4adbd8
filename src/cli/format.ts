import { summarize, type Summary } from '../base/statistics.ts';

/** Milliseconds with a thousandth's resolution, so that a local round trip does not print as noise. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Summarises at least one round trip, in milliseconds. */
export function summarizeRtts(rttsMs: readonly number[]): Summary {
  const { min, median, p99, max } = summarize(rttsMs);
  return { min: roundMs(min), median: roundMs(median), p99: roundMs(p99), max: roundMs(max) };
}
