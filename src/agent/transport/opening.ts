import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError } from '../errors.ts';

/** How long opening a stream may take and who may end it early. */
export interface OpenOptions {
  /** Milliseconds until `timeout`; above 0. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a stream says that it is open, and what its failures mean. */
export interface OpeningRules {
  /** Watches for the stream being open, or for what makes that impossible; returns what ends the watch. */
  readonly watch: (opened: () => void, failed: (error: AgentError) => void) => () => void;
  readonly describeTimeout: () => PlainText;
  /** What an error event before that means. */
  readonly explain: (error: NodeJS.ErrnoException) => AgentError;
  /** What it means that the stream ends before. */
  readonly explainEnd?: () => AgentError;
}

/**
 * Waits until `stream` is open. When that fails, the stream is destroyed.
 *
 * @throws AgentError `timeout`, `cancelled` or what the rules say.
 */
export function opening(
  stream: Duplex,
  { timeoutMs, signal }: OpenOptions,
  rules: OpeningRules,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: AgentError): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      endWatch();
      stream.off('error', onError);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      if (error === undefined) {
        resolve();
        return;
      }
      // A late error of a stream that is being thrown away concerns nobody.
      stream.on('error', () => undefined);
      stream.destroy();
      reject(error);
    };
    const onError = (error: NodeJS.ErrnoException): void => {
      settle(error instanceof AgentError ? error : rules.explain(error));
    };
    const onEnd = (): void => {
      settle(
        rules.explainEnd?.() ??
          new AgentError('unreachable', l10n.t('The connection closed while it was opened.')),
      );
    };
    const onAbort = (): void => {
      settle(new AgentError('cancelled', l10n.t('Connecting was cancelled.'), { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      settle(new AgentError('timeout', rules.describeTimeout()));
    }, timeoutMs);
    const endWatch = rules.watch(() => {
      settle();
    }, settle);
    stream.on('error', onError);
    stream.on('end', onEnd);
    stream.on('close', onEnd);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A {@link OpeningRules.watch} for a stream that emits `event` when it is open. */
export function watchEvent(stream: Duplex, event: string): OpeningRules['watch'] {
  return (opened) => {
    stream.on(event, opened);
    return () => {
      stream.off(event, opened);
    };
  };
}
