/** A wait that can be ended early. A ring while nobody waits is not lost: it ends the next wait. */
export class Alarm {
  #hasRung = false;
  #wake: (() => void) | undefined;

  /** Ends the wait that goes on, or else the next one. */
  ring(): void {
    if (this.#wake === undefined) this.#hasRung = true;
    else this.#wake();
  }

  /** Waits `delayMs`, or less when it rings or `signal` aborts; never rejects. One wait at a time. */
  wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(finish, delayMs);
      if (signal.aborted || this.#hasRung) {
        this.#hasRung = false;
        finish();
        return;
      }
      signal.addEventListener('abort', finish);
      this.#wake = finish;
    });
  }
}
