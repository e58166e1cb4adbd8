import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { plainText } from '../../base/text.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError, sentences } from '../errors.ts';
import type { CallOptions } from '../rpc/channel.ts';
import { FrameConnection } from '../rpc/frame-connection.ts';
import { MicrosandboxChannel } from './channel.ts';
import { startCall } from '../rpc/pending-call.ts';
import { MicrosandboxEncoder } from './encoder.ts';
import { decodeMicrosandboxEnvelope } from './envelope.ts';
import { MicrosandboxFrameDecoder } from './frame.ts';
import { readReady, RelayDecoder, type MicrosandboxReady } from './handshake.ts';
import { decodeMicrosandboxPayload, microsandboxGeneration, microsandboxMessage } from './messages.ts';
import type { OpenSession } from '../session.ts';
import { connectTransport } from '../transport/connect-transport.ts';
import { microsandboxSession, type DefaultUser, type MicrosandboxSession } from './session.ts';

const { initResolved, initAck, ready: readyType } = microsandboxMessage;

/** Opens a session through the host's relay. */
export const openMicrosandboxRelay: OpenSession = async (endpoint, options) =>
  takeRelayHandshake(await connectTransport(endpoint.transport, options), endpoint, options);

/** Opens a session on the agent's own channel, in the host's role. */
export const openMicrosandboxDirect: OpenSession = async (endpoint, options) =>
  bootAgent(await connectTransport(endpoint.transport, options), endpoint, options);

/** On the agent's own channel every id but 0 is ours. */
const directRange = { start: 1, endExclusive: 0xffff_ffff };

const negotiate = (ready: MicrosandboxReady): number => Math.min(microsandboxGeneration, ready.generation);

/**
 * Takes the handshake of a relay on a connected stream, sending nothing. The relay accepts connections while its guest
 * still boots and stays silent until it is up, so `timeout` may only mean that.
 *
 * @throws AgentError `handshake_failed`, `timeout`, `cancelled`, or `connection_closed` when the relay has no place left.
 */
export function takeRelayHandshake(
  stream: Duplex,
  endpoint: Endpoint,
  options: CallOptions,
): Promise<MicrosandboxSession> {
  let channel: MicrosandboxChannel<'client'> | undefined;
  const opening = startCall<MicrosandboxSession>(
    options,
    () =>
      l10n.t(
        'The relay sent no handshake within {0} ms. The sandbox may still be booting or be frozen, or what listens there is no relay: Docker and agents of other protocols wait to be spoken to; for those try arcbox.',
        options.timeoutMs,
      ),
    () => {
      connection.close();
    },
  );
  const connection = new FrameConnection(stream, new RelayDecoder(), {
    onFrame: (item) => {
      if (!('range' in item)) {
        channel?.receive(item);
        return;
      }
      const { range, ready } = item;
      channel = new MicrosandboxChannel(connection, {
        range,
        encoder: new MicrosandboxEncoder('client', negotiate(ready)),
      });
      opening.resolve(microsandboxSession({ endpoint, channel, connection, ready, defaultUser: null }));
    },
    onFailed: (reason) => {
      opening.reject(reason.code === 'connection_closed' ? noPlace(reason) : reason);
      channel?.fail(reason);
    },
  });
  return opening.promise;
}

/**
 * Boots the agent at the other end of a connected stream in the host's role: `core.init.resolved`
 * answered by `core.init.ack`, `core.ready` awaited.
 *
 * @throws AgentError `handshake_failed`, `timeout`, `cancelled` or `connection_closed`.
 */
export function bootAgent(
  stream: Duplex,
  endpoint: Endpoint,
  options: CallOptions,
): Promise<MicrosandboxSession> {
  let channel: MicrosandboxChannel<'host'> | undefined;
  let defaultUser: DefaultUser | null = null;
  const opening = startCall<MicrosandboxSession>(
    options,
    () =>
      l10n.t(
        'The agent sent no {0} within {1} ms.',
        plainText(defaultUser === null ? initResolved.name : readyType.name, 64),
        options.timeoutMs,
      ),
    () => {
      connection.close();
    },
  );
  const connection = new FrameConnection(stream, new MicrosandboxFrameDecoder(), {
    onFrame: (frame) => {
      if (channel !== undefined) {
        channel.receive(frame);
        return;
      }
      try {
        const { t, v, p } = decodeMicrosandboxEnvelope(frame.body);
        if (t === initResolved.name) {
          defaultUser = decodeMicrosandboxPayload(initResolved, p).default_user;
          const encoder = new MicrosandboxEncoder('host', Math.min(microsandboxGeneration, v));
          connection.write(encoder.encode(initAck, 0, {}));
          return;
        }
        const ready = readReady(frame);
        const encoder = new MicrosandboxEncoder('host', negotiate(ready));
        channel = new MicrosandboxChannel(connection, { range: directRange, encoder });
        opening.resolve(microsandboxSession({ endpoint, channel, connection, ready, defaultUser }));
      } catch (error) {
        const { message } = AgentError.from(error, 'handshake_failed');
        connection.fail(
          new AgentError(
            'handshake_failed',
            sentences(l10n.t('The agent did not begin as expected.'), message),
            { cause: error },
          ),
        );
      }
    },
    onFailed: (reason) => {
      opening.reject(reason);
      channel?.fail(reason);
    },
  });
  return opening.promise;
}

function noPlace(reason: AgentError): AgentError {
  return new AgentError(
    'connection_closed',
    l10n.t(
      'The relay closed the connection before its handshake: all of its 128 places are taken, or the sandbox is stopping. Try again later.',
    ),
    { cause: reason },
  );
}
