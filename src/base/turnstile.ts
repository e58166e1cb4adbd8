/** Bounds of a {@link Turnstile}. */
export interface TurnstileLimits {
  /** Pieces of work that run at the same time; the others wait in the order they came. */
  readonly maxAtOnce: number;
  /** Work that takes longer than this many milliseconds goes on, but no longer keeps others waiting. */
  readonly maxHoldMs: number;
}

/**
 * Spreads work that many want to do at the same moment: a few run at a time, so that nothing else has to wait for all of
 * them. Whoever takes long, such as one that waits for a peer that does not answer, holds up nobody.
 */
export class Turnstile {
  readonly #limits: TurnstileLimits;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: TurnstileLimits) {
    this.#limits = limits;
  }

  /** Does `work` when its turn comes; without a turn when `signal` aborts before, so that `work` must look at it. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const leave = await this.#enter(signal);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Resolves with what gives the place to the next. */
  #enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.resolve(() => undefined);
    if (this.#running < this.#limits.maxAtOnce) return Promise.resolve(this.#take());
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting.delete(enter);
        resolve(() => undefined);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(enter);
        resolve(this.#take());
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(enter);
    });
  }

  #take(): () => void {
    this.#running++;
    let isHeld = true;
    const leave = (): void => {
      clearTimeout(timer);
      if (!isHeld) return;
      isHeld = false;
      this.#running--;
      for (const next of this.#waiting) {
        next();
        break;
      }
    };
    const timer = setTimeout(leave, this.#limits.maxHoldMs);
    return leave;
  }
}
