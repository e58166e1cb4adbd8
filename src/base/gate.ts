/** Bounds of a {@link Gate}. */
export interface GateLimits {
  /** Pieces of work that run at the same time; the others wait. */
  readonly maxAtOnce: number;
  /** How long a caller waits for its work, its turn included, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Lets a few pieces of work run at a time. Work that cannot be cancelled and may never end, such as reading a file of a
 * file system that hangs, is given up for its caller, but keeps its place: so it can never take more than its share.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /**
   * Does `work` when its turn comes.
   *
   * @throws Error that `describeTimeout` makes, when that takes too long; work whose turn has not come is then not done.
   */
  run<T>(work: () => Promise<T>, describeTimeout: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.#waiting.delete(start);
        this.#running++;
        void work()
          .then(resolve, reject)
          .finally(() => {
            clearTimeout(timer);
            this.#running--;
            for (const next of this.#waiting) {
              next();
              break;
            }
          });
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(start);
        reject(describeTimeout());
      }, this.#limits.patienceMs);
      if (this.#running < this.#limits.maxAtOnce) start();
      else this.#waiting.add(start);
    });
  }
}
