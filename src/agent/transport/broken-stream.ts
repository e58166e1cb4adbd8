import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { AgentError, messageOf } from '../errors.ts';
import { explainTlsError } from './tls.ts';

/** TCP connections without TLS, on whose other side a server may wait for it. */
const plainConnections = new WeakMap<Duplex, Socket>();

/** Remembers that `socket` is a TCP connection without TLS, for {@link explainEndedStream}. */
export function withoutTls(socket: Socket): Socket {
  plainConnections.set(socket, socket);
  return socket;
}

/** Says what the error of a stream that was open means. Some transports know it themselves. */
export function explainBrokenStream(error: NodeJS.ErrnoException): AgentError {
  if (error instanceof AgentError) return error;
  // TLS 1.3 refuses a client's certificate after the client's handshake is done.
  if (error.code?.startsWith('ERR_SSL_') === true) return explainTlsError(error);
  return new AgentError('connection_closed', l10n.t('The connection broke: {0}.', messageOf(error)), {
    cause: error,
  });
}

/** Says what it means that a stream that was open has ended where nothing was cut off. */
export function explainEndedStream(stream: Duplex): AgentError {
  // A TLS server that is spoken to in another way mostly hangs up without a word.
  const message =
    plainConnections.get(stream)?.bytesRead === 0
      ? l10n.t(
          'The agent closed the connection before it said anything. It may want TLS (+tls), or speak another protocol.',
        )
      : l10n.t('The agent closed the connection.');
  return new AgentError('connection_closed', message);
}
