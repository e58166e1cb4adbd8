import * as l10n from '../../base/l10n.ts';
import { plain, type PlainText } from '../../base/text.ts';
import { formatEndpoint, type Endpoint, type TlsFiles } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import { ask, withCancellableProgress } from '../../host/notify.ts';
import type { CommandContext } from '../context.ts';

const probeTimeoutMs = 10_000;

/** What is to become of an endpoint that was tried. */
export type Decision =
  | { readonly kind: 'answered'; readonly rttMs: number }
  /** Nobody answered; it is to be saved nevertheless, or changed. */
  | { readonly kind: 'save' | 'edit' };

/**
 * Tries an endpoint by one connection and one round trip. When nobody answers the person is asked what to do; Enter changes
 * the endpoint. `undefined` when nothing is to be done.
 */
export async function checkEndpoint(
  { registry, log }: CommandContext,
  name: PlainText,
  endpoint: Endpoint,
  tls: TlsFiles | undefined,
): Promise<Decision | undefined> {
  for (;;) {
    try {
      const { rttMs } = await withCancellableProgress(
        l10n.t('Testing {0}', formatEndpoint(endpoint)),
        (signal) => registry.probe(endpoint, { timeoutMs: probeTimeoutMs, signal, ...(tls && { tls }) }),
      );
      return { kind: 'answered', rttMs };
    } catch (error) {
      const reason = AgentError.from(error, 'unreachable');
      log.logger.warn(plain`${name}: ${reason.message}`);
      const answer = await ask(l10n.t('{0} does not answer. Save it anyway?', name), reason.message, {
        edit: l10n.t('Edit Endpoint'),
        retry: l10n.t('Try Again'),
        save: l10n.t('Save Anyway'),
      });
      if (answer === undefined) return undefined;
      if (answer !== 'retry') return { kind: answer };
    }
  }
}
