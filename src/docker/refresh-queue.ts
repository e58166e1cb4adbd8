import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';

/** Containers that may wait or fail before the queue gives up: twice as many as a listing has. */
export const maxUnread = 20_000;

const maxConcurrent = 8;
const firstRetryMs = 250;
const maxRetryMs = 30_000;

/** How a {@link RefreshQueue} works. */
export interface RefreshQueueOptions {
  /** Reads one container anew and applies what it finds. */
  readonly refresh: (id: string) => Promise<void>;
  /** Told when a refresh fails; it is tried again after `retryMs`, doubling up to 30 seconds. */
  readonly onFailure: (id: string, error: unknown, retryMs: number) => void;
  /** Ends everything; what is waiting is forgotten. */
  readonly signal: AbortSignal;
}

/**
 * Refreshes containers, a few at a time and each never twice at once. Requests for a container that waits are one; a
 * request for one that is being refreshed makes one more refresh, whose answer is then certain to be newer than the
 * request.
 */
export class RefreshQueue {
  readonly #options: RefreshQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, number>();
  #started = false;

  constructor(options: RefreshQueueOptions) {
    this.#options = options;
  }

  /**
   * Asks for a refresh of `id`.
   *
   * @throws AgentError `frame_too_large` when absurdly many containers wait or fail.
   */
  request(id: string): void {
    if (this.#waiting.size + this.#failures.size >= maxUnread && !this.#waiting.has(id)) {
      throw new AgentError('frame_too_large', l10n.t('More than {0} containers changed at once.', maxUnread));
    }
    this.#waiting.add(id);
    this.#pump();
  }

  /** Begins to work; requests made before only wait. */
  start(): void {
    this.#started = true;
    this.#pump();
  }

  #pump(): void {
    if (!this.#started || this.#options.signal.aborted) return;
    for (const id of this.#waiting) {
      if (this.#running.size >= maxConcurrent) return;
      if (this.#running.has(id)) continue;
      this.#waiting.delete(id);
      this.#running.add(id);
      void this.#run(id);
    }
  }

  async #run(id: string): Promise<void> {
    const { refresh, onFailure, signal } = this.#options;
    try {
      await refresh(id);
      this.#failures.delete(id);
    } catch (error) {
      if (!signal.aborted) {
        const failures = this.#failures.get(id) ?? 0;
        const retryMs = Math.min(firstRetryMs * 2 ** failures, maxRetryMs);
        this.#failures.set(id, failures + 1);
        onFailure(id, error, retryMs);
        setTimeout(() => {
          this.#waiting.add(id);
          this.#pump();
        }, retryMs).unref();
      }
    } finally {
      this.#running.delete(id);
      this.#pump();
    }
  }
}
