/** Milliseconds with a thousandth's resolution, so that a local round trip does not print as noise. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** What a burst of round trips comes to, in milliseconds. */
export interface RttSummary {
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Summarises at least one round trip; percentiles by nearest rank. */
export function summariseRtts(rttsMs: readonly number[]): RttSummary {
  const sorted = [...rttsMs].sort((a, b) => a - b);
  const rank = (share: number): number =>
    roundMs(sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? NaN);
  return { min: rank(0), median: rank(0.5), p99: rank(0.99), max: rank(1) };
}
