import { pause } from '../base/pause.ts';

/** How much may be read of an engine. */
export interface ReadingRate {
  /** Bytes that may be read at once after a rest. */
  readonly burstBytes: number;
  /** Bytes that may be read a second for as long as one likes. */
  readonly bytesPerSecond: number;
}

/**
 * A share of the process's time for one engine, counted in bytes: reading them is what an engine can make us do without
 * end. Reading is not cut short; what was read beyond the share is waited for before more is asked for.
 */
export class ReadingBudget {
  readonly #rate: ReadingRate;
  readonly #nowMs: () => number;
  #leftBytes: number;
  #countedAtMs: number;

  constructor(rate: ReadingRate, nowMs: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#nowMs = nowMs;
    this.#leftBytes = rate.burstBytes;
    this.#countedAtMs = nowMs();
  }

  /** Takes note of bytes that were read. */
  spend(bytes: number): void {
    this.#count();
    this.#leftBytes -= bytes;
  }

  /** Resolves when nothing is owed, or when `signal` aborts; at once most of the time. */
  async settled(signal: AbortSignal | undefined): Promise<void> {
    for (let owedMs = this.#owedMs(); owedMs > 0 && signal?.aborted !== true; owedMs = this.#owedMs()) {
      await pause(owedMs, signal);
    }
  }

  #owedMs(): number {
    this.#count();
    return Math.ceil((-this.#leftBytes / this.#rate.bytesPerSecond) * 1000);
  }

  #count(): void {
    const nowMs = this.#nowMs();
    const { burstBytes, bytesPerSecond } = this.#rate;
    const earned = ((nowMs - this.#countedAtMs) / 1000) * bytesPerSecond;
    this.#leftBytes = Math.min(burstBytes, this.#leftBytes + earned);
    this.#countedAtMs = nowMs;
  }
}
