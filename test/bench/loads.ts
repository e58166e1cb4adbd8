/** What one client achieved. */
export interface Result {
  /** Mean time of one call when each waits for the one before, in microseconds. */
  readonly rttMicros: number;
  /** Calls per second with {@link callsAtOnce} outstanding. */
  readonly callsPerSecond: number;
  /** Processor time of the client for one of those calls, in microseconds; absent where the client does not tell. */
  readonly cpuMicros?: number;
}

/** Calls outstanding in the second load. */
export const callsAtOnce = 64;

/** The text of every ping: sixty characters. */
export const pingText = '0123456789'.repeat(6);

/** How many calls each load makes. */
export interface LoadSizes {
  readonly warmUp: number;
  readonly sequential: number;
  readonly concurrent: number;
}

/** Runs both loads with `call`. */
export async function measure(call: () => Promise<unknown>, sizes: LoadSizes): Promise<Result> {
  await concurrently(call, sizes.warmUp);
  for (let made = 0; made < sizes.warmUp; made++) await call();
  const sequentialStart = performance.now();
  for (let made = 0; made < sizes.sequential; made++) await call();
  const sequentialMs = performance.now() - sequentialStart;
  const concurrentStart = performance.now();
  const cpuStart = process.cpuUsage();
  await concurrently(call, sizes.concurrent);
  const concurrentMs = performance.now() - concurrentStart;
  const cpu = process.cpuUsage(cpuStart);
  return {
    rttMicros: (sequentialMs * 1000) / sizes.sequential,
    callsPerSecond: (sizes.concurrent * 1000) / concurrentMs,
    cpuMicros: (cpu.user + cpu.system) / sizes.concurrent,
  };
}

async function concurrently(call: () => Promise<unknown>, calls: number): Promise<void> {
  let made = 0;
  const worker = async (): Promise<void> => {
    while (made++ < calls) await call();
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
}
