import type { Writable } from 'node:stream';

/** Untaken bytes up to which input counts as taken: a ping directly behind it is answered. */
const barrierBytes = 64 * 1024;

/** Untaken bytes from which the connection that sends on regardless is held up, and how long for each of its frames. */
const holdBytes = 1024 * 1024;
const maxHoldMs = 500;

/** Untaken bytes at which more input is refused. */
const maxQueuedBytes = 2 * 1024 * 1024;

/**
 * Input of a program or a tunnel that may take it slowly or never. The protocol has no credit at generation 7: its clients
 * send a ping behind each piece and wait for the pong, which here comes when the piece is taken. So only this input waits.
 * For clients that do not wait, their own connection is held up for a moment a frame, and in the end input is refused.
 */
export class InputQueue {
  readonly #target: Writable;
  readonly #waiting = new Set<() => void>();

  constructor(target: Writable) {
    this.#target = target;
    target.on('error', () => undefined);
    target.on('close', this.#taken);
  }

  /** Takes a piece over; false when there is no room for it, or the target is closed. */
  write(data: Uint8Array): boolean {
    if (!this.#target.writable || this.#target.writableLength + data.byteLength > maxQueuedBytes)
      return false;
    this.#target.write(data, this.#taken);
    return true;
  }

  /** Ends the input behind what waits. */
  end(): void {
    this.#target.end();
  }

  /** Resolves when what was written counts as taken; `undefined` when it does already. */
  barrier(): Promise<void> | undefined {
    return this.#until(barrierBytes);
  }

  /** Resolves when the connection that sent may be read on; `undefined` when it may at once. */
  hold(): Promise<void> | undefined {
    return this.#until(holdBytes, maxHoldMs);
  }

  #until(bytes: number, maxMs?: number): Promise<void> | undefined {
    const isThere = (): boolean => this.#target.destroyed || this.#target.writableLength <= bytes;
    if (isThere()) return undefined;
    return new Promise((resolve) => {
      const timer =
        maxMs === undefined
          ? undefined
          : setTimeout(() => {
              done();
            }, maxMs);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (isThere()) done();
      };
      this.#waiting.add(look);
    });
  }

  readonly #taken = (): void => {
    for (const look of this.#waiting) look();
  };
}
