/** What a few measurements come to, in their unit. */
export interface Summary {
  readonly min: number;
  /** The middle one; of an even number the mean of the two in the middle. */
  readonly median: number;
  /** The smallest one that 99 of 100 do not exceed. */
  readonly p99: number;
  readonly max: number;
}

/** Sums up at least one value. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    p99: at(Math.ceil(0.99 * sorted.length) - 1),
    max: at(sorted.length - 1),
  };
}
