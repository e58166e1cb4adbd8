import { readFileSync } from 'node:fs';

const nanosPerSecond = 1e9;

/** When things began, in nanoseconds of CLOCK_BOOTTIME (time since the machine booted, sleep included). */
export interface BootTime {
  /** When this program's main began. */
  readonly mainBeganNanos: bigint;
  /** Reads the clock; rises from call to call. */
  now(): bigint;
}

/**
 * Reads CLOCK_BOOTTIME through /proc/uptime, which has a resolution of 10 ms; the part since the program's start is
 * exact. Elsewhere than on Linux the machine counts as booted when the program began.
 */
export function readBootTime(): BootTime {
  const sinceMainNanos = (): bigint => BigInt(Math.round(performance.now() * 1e6));
  const mainBeganNanos = uptimeNanos(sinceMainNanos());
  return { mainBeganNanos, now: () => mainBeganNanos + sinceMainNanos() };
}

function uptimeNanos(sinceMain: bigint): bigint {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
    const atMain = BigInt(Math.round(seconds * nanosPerSecond)) - sinceMain;
    return atMain > 0n ? atMain : 0n;
  } catch {
    return 0n;
  }
}
