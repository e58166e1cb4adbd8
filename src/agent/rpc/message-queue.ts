import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError } from '../errors.ts';

/** Received bytes of one stream that may wait unread. */
export const maxQueuedBytes = 8 * 1024 * 1024;

/** Received messages of one stream that may wait unread. */
export const maxQueuedMessages = 10_000;

/**
 * Messages of one stream between a socket that is never stalled and a reader that takes its time. Iterate it once. It
 * ends when the peer ends it or `signal` aborts, and throws, after the messages that came before, when it fails.
 */
export class MessageQueue implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #messages: Uint8Array[] = [];
  readonly #signal: AbortSignal | undefined;
  #queuedBytes = 0;
  #end: { readonly error?: AgentError } | undefined;
  #wake: (() => void) | undefined;
  readonly #onAbort = (): void => {
    this.#messages.length = 0;
    this.end();
  };

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Appends a copy of `message`, because a view would keep alive the whole chunk that it came in. Fails the stream when
   * too much waits unread; ignored after the end.
   */
  push(message: Uint8Array): void {
    if (this.#end !== undefined) return;
    if (this.#messages.length >= maxQueuedMessages) {
      this.#giveUp(
        l10n.t('More than {0} messages of a stream wait unread, so it was given up.', maxQueuedMessages),
      );
      return;
    }
    this.#queuedBytes += message.byteLength;
    if (this.#queuedBytes > maxQueuedBytes) {
      this.#giveUp(
        l10n.t('More than {0} bytes of a stream wait unread, so the stream was given up.', maxQueuedBytes),
      );
      return;
    }
    this.#messages.push(new Uint8Array(message));
    this.#wake?.();
  }

  /** Ends the iteration once everything queued was read. */
  end(): void {
    this.#finish({});
  }

  /** Makes the iteration throw once everything queued was read. */
  fail(error: AgentError): void {
    this.#finish({ error });
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (this.#messages.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const message = this.#messages.shift();
    if (message !== undefined) {
      this.#queuedBytes -= message.byteLength;
      return { done: false, value: message };
    }
    const error = this.#end?.error;
    this.#end = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  /** Drops what is queued and what still comes. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#onAbort();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #giveUp(why: PlainText): void {
    this.fail(new AgentError('frame_too_large', why));
  }

  #finish(end: { readonly error?: AgentError }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#wake?.();
  }
}
