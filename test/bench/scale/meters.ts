import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Often enough for the stalls that matter, and seldom enough not to be seen in the processor time. */
const stallResolutionMs = 10;

/** Processor time of this process in milliseconds, all its threads together, between two moments. */
export function startCpuMeter(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

/** The longest time in milliseconds that the event loop did not turn, between two moments. */
export function startStallMeter(): () => number {
  const delays = monitorEventLoopDelay({ resolution: stallResolutionMs });
  delays.enable();
  return () => {
    delays.disable();
    // What is recorded is the time between two ticks, which the ticks themselves are part of.
    return Math.max(delays.max / 1e6 - stallResolutionMs, 0);
  };
}

/** Bytes of the heap that are in use after everything that can be given back was. */
export async function heapInUse(): Promise<number> {
  // What one collection finalises, the next one frees.
  for (let round = 0; round < 5; round++) {
    global.gc?.();
    await sleep(50);
  }
  return process.memoryUsage().heapUsed;
}

/** Bytes by which this process has ever been larger than it is at this moment. */
export function startResidentMeter(): () => number {
  const start = process.memoryUsage.rss();
  return () => process.resourceUsage().maxRSS * 1024 - start;
}

/** How much something grows with each step, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
