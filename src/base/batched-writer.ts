import type { Writable } from 'node:stream';

/**
 * Writes what is written within one turn of the event loop in one system call: with many calls in flight, a chunk of
 * answers makes as many new requests, and a call to the system costs more than encoding one.
 */
export class BatchedWriter {
  readonly #stream: Writable;
  #isCorked = false;
  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#stream.uncork();
  };

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Writes `bytes` at the end of this turn; false when the stream wants its reader to catch up first. */
  write(bytes: Uint8Array): boolean {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
      process.nextTick(this.#uncork);
    }
    return this.#stream.write(bytes);
  }
}
