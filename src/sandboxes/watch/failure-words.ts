import { plain, type PlainText } from '../../base/text.ts';

/** Reasons of one outage that are told, once each; any further one counts as one of them. */
export const maxReasons = 8;

/** What the log is told of attempts that fail: each reason once, then how many tries there were, ever more seldom. */
export class FailureWords {
  #told = new Set<PlainText>();

  /** What to say when the try number `failures` has failed for this reason; `undefined` when that is nothing new. */
  wordsFor(reason: PlainText, failures: number): PlainText | undefined {
    if (!this.#told.has(reason) && this.#told.size < maxReasons) {
      this.#told.add(reason);
      return reason;
    }
    // At 3, 7, 15, 31 and so on.
    const isTime = failures >= 3 && (failures & (failures + 1)) === 0;
    return isTime ? plain`still unreachable, ${failures} tries` : undefined;
  }

  /** The outage is over. */
  forget(): void {
    this.#told = new Set();
  }
}
