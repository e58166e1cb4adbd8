import * as l10n from '../../base/l10n.ts';
import { AgentError, messageOf } from '../errors.ts';
import { explainTlsError } from './tls.ts';

/** Says what the error of a stream that was open means. Some transports know it themselves. */
export function explainBrokenStream(error: NodeJS.ErrnoException): AgentError {
  if (error instanceof AgentError) return error;
  // TLS 1.3 refuses a client's certificate after the client's handshake is done.
  if (error.code?.startsWith('ERR_SSL_') === true) return explainTlsError(error);
  return new AgentError('connection_closed', l10n.t('The connection broke: {0}.', messageOf(error)), {
    cause: error,
  });
}
