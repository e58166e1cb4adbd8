/**
 * Spreads reading over turns of the event loop: so many bytes in one, the rest in the next, with everything else between
 * them. Data that is there already would otherwise be handed over without a pause.
 */
export class ReadingTurns {
  readonly #bytesPerTurn: number;
  #leftBytes: number;
  #nextTurn: Promise<void> | undefined;

  constructor(bytesPerTurn: number) {
    this.#bytesPerTurn = bytesPerTurn;
    this.#leftBytes = bytesPerTurn;
  }

  /** Resolves when it is the turn of `bytes` more; at once while this turn has room. */
  async take(bytes: number): Promise<void> {
    while (this.#leftBytes <= 0) await this.#nextTurn;
    this.#leftBytes -= bytes;
    this.#nextTurn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#leftBytes = this.#bytesPerTurn;
        this.#nextTurn = undefined;
        resolve();
      });
    });
  }
}
