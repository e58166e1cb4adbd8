import { AgentError } from '../errors.ts';
import { explainTlsError } from './tls.ts';

/** Says what the error of a stream that was open means. Some transports know it themselves. */
export function explainBrokenStream(error: NodeJS.ErrnoException): AgentError {
  if (error instanceof AgentError) return error;
  // TLS 1.3 refuses a client's certificate after the client's handshake is done.
  if (error.code?.startsWith('ERR_SSL_') === true) return explainTlsError(error);
  return new AgentError('connection_closed', `The connection broke: ${error.message}.`, { cause: error });
}
