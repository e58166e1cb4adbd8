/** Blocks that one load is measured in. */
const blocks = 20;

/** The middle one of `values`; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/**
 * Microseconds that one call takes where `run(calls)` makes `calls` of them: the median over 20 blocks, so that a moment
 * in which the machine was busy elsewhere spoils a block and not the result.
 */
export async function medianMicros(run: (calls: number) => Promise<unknown>, calls: number): Promise<number> {
  const callsInBlock = Math.ceil(calls / blocks);
  const micros: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const start = performance.now();
    await run(callsInBlock);
    micros.push(((performance.now() - start) * 1000) / callsInBlock);
  }
  return median(micros);
}

/** Calls `call` `calls` times, each after the answer to the one before. */
export async function oneByOne(call: () => Promise<unknown>, calls: number): Promise<void> {
  for (let made = 0; made < calls; made++) await call();
}
