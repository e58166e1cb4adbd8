import { setTimeout as sleep } from 'node:timers/promises';

/** Processor time of this process in milliseconds, all its threads together, between two moments. */
export function startCpuMeter(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

/** The longest that the event loop did not turn. */
export interface Stall {
  /** Processor time of the main thread in milliseconds: what the stall would be if nothing else ran on the machine. */
  readonly stallMs: number;
  /** The same on the clock, with the time in which others had the processor. */
  readonly clockStallMs: number;
}

/**
 * The longest stall between two moments, as a timer of `tickMs` sees it. Processor time includes what was done in that time
 * besides the stall.
 */
export function startStallMeter(tickMs = 10): () => Stall {
  let [stallMs, clockStallMs] = [0, 0];
  let [cpuMs, clockMs] = [threadCpuMs(), performance.now()];
  const tick = (): void => {
    const [nowCpuMs, nowMs] = [threadCpuMs(), performance.now()];
    stallMs = Math.max(stallMs, nowCpuMs - cpuMs);
    clockStallMs = Math.max(clockStallMs, nowMs - clockMs - tickMs);
    [cpuMs, clockMs] = [nowCpuMs, nowMs];
  };
  const timer = setInterval(tick, tickMs);
  return () => {
    clearInterval(timer);
    tick();
    return { stallMs, clockStallMs };
  };
}

function threadCpuMs(): number {
  // Nodes before 23.9 tell only what all threads took together, which is more.
  const node: { threadCpuUsage?: () => NodeJS.CpuUsage } = process;
  const { user, system } = node.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
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
