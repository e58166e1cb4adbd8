import type { Duplex } from 'node:stream';

/** One connection's way out, shared by all that sends on it and paced by how fast the peer reads. */
export class Outlet {
  readonly #stream: Duplex;
  #drained: Promise<void> | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /**
   * Sends a frame once the peer has taken what was sent before, one waiting sender after the other; so each holds one
   * frame at most. False when the peer is gone.
   */
  async send(frame: Buffer): Promise<boolean> {
    const stream = this.#stream;
    while (!stream.destroyed && stream.writableNeedDrain) await this.#drain();
    if (stream.destroyed) return false;
    stream.write(frame);
    return true;
  }

  #drain(): Promise<void> {
    const stream = this.#stream;
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        stream.off('drain', done);
        stream.off('close', done);
        this.#drained = undefined;
        resolve();
      };
      stream.on('drain', done);
      stream.on('close', done);
    });
    return this.#drained;
  }
}
