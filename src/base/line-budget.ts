/**
 * A limit on lines a minute, for words that somebody else may repeat as often as they like. What is beyond it is counted,
 * so that it can be told.
 */
export class LineBudget {
  readonly #maxLinesPerMinute: number;
  #minute = -1;
  #lines = 0;

  constructor(maxLinesPerMinute: number) {
    this.#maxLinesPerMinute = maxLinesPerMinute;
  }

  /**
   * Asks to tell a line at `nowMs`, a time that does not run backwards. `isGranted` says whether it may be told, and
   * `dropped` how many were not in the minute before, once.
   */
  take(nowMs: number): { readonly isGranted: boolean; readonly dropped: number } {
    const minute = Math.floor(nowMs / 60_000);
    let dropped = 0;
    if (minute !== this.#minute) {
      dropped = Math.max(0, this.#lines - this.#maxLinesPerMinute);
      this.#minute = minute;
      this.#lines = 0;
    }
    return { isGranted: ++this.#lines <= this.#maxLinesPerMinute, dropped };
  }
}
