import { medianMicros, oneByOne } from '../support/measuring.ts';

/** What one client achieved. */
export interface Result {
  /** Time of one call when each waits for the one before, in microseconds. */
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
  await atOnce(call, sizes.warmUp);
  await oneByOne(call, sizes.warmUp);
  const rttMicros = await medianMicros((calls) => oneByOne(call, calls), sizes.sequential);
  const cpuStart = process.cpuUsage();
  const microsACall = await medianMicros((calls) => atOnce(call, calls), sizes.concurrent);
  const cpu = process.cpuUsage(cpuStart);
  return {
    rttMicros,
    callsPerSecond: 1_000_000 / microsACall,
    cpuMicros: (cpu.user + cpu.system) / sizes.concurrent,
  };
}

async function atOnce(call: () => Promise<unknown>, calls: number): Promise<void> {
  let made = 0;
  const worker = async (): Promise<void> => {
    while (made++ < calls) await call();
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
}
