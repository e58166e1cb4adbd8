import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import type { IdRange } from './handshake.ts';

/**
 * Most ids that may be taken at once. Ids whose answer never came stay taken until the oldest of them are given up, when
 * an answer could no longer be mistaken for another's: the range has to be gone through once before an id comes again.
 */
const maxTaken = 4096;

/** Hands out the ids of a range, one after the other, and skips those that are still taken when it comes round. */
export class CorrelationIds {
  readonly #range: IdRange;
  readonly #taken = new Set<number>();
  #next: number;

  constructor(range: IdRange) {
    this.#range = range;
    this.#next = range.start;
  }

  /** @throws AgentError `unsupported` when every id of a small range is taken. */
  take(): number {
    const { start, endExclusive } = this.#range;
    const size = endExclusive - start;
    if (this.#taken.size >= Math.min(size, maxTaken)) this.#giveUpOldest(size);
    while (this.#taken.has(this.#next)) this.#advance();
    const id = this.#next;
    this.#taken.add(id);
    this.#advance();
    return id;
  }

  /** Frees an id after its terminal frame; ids that are not taken are ignored. */
  release(id: number): void {
    this.#taken.delete(id);
  }

  #advance(): void {
    this.#next = this.#next + 1 < this.#range.endExclusive ? this.#next + 1 : this.#range.start;
  }

  #giveUpOldest(size: number): void {
    if (size <= maxTaken) {
      throw new AgentError(
        'unsupported',
        l10n.t('All {0} ids of the connection wait for an answer. Reconnect.', size),
      );
    }
    for (const oldest of this.#taken) {
      this.#taken.delete(oldest);
      return;
    }
  }
}
