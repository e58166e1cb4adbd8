import type { Duplex } from 'node:stream';
import { plain } from '../../base/text.ts';
import { formatEndpoint, type Endpoint } from '../endpoint.ts';
import type { CallOptions, RpcChannel } from '../rpc/channel.ts';
import { TtrpcChannel } from '../rpc/ttrpc-channel.ts';
import type { ConnectOptions, OpenSession } from '../session.ts';
import { connectTransport } from '../transport/connect-transport.ts';
import { openDaemonChannel } from './daemon-channel.ts';
import { daemonSession } from './daemon-session.ts';
import { takeNotification } from './follow-ports.ts';
import { FramedChannel } from './framed-channel.ts';
import { PortGatherer } from './port-gatherer.ts';
import { arcboxSession } from './session.ts';

/** What a wire is opened with. */
interface WireContext extends ConnectOptions {
  readonly endpoint: Endpoint;
  /** Takes the notifications of a wire that pushes them; absent where nobody would read them. */
  readonly gatherer?: PortGatherer;
}

type OpenWire = (stream: Duplex, context: WireContext) => RpcChannel | Promise<RpcChannel>;

/** Opens a session over ArcBox frames. */
export const openArcboxFramed = overWire(openFrames);

/** Opens a session over ttrpc. */
export const openArcboxTtrpc = overWire((stream) => new TtrpcChannel(stream));

/** Opens a session over gRPC. */
export const openArcboxGrpc = overWire(openGrpc, 'h2');

/** Opens a session with one machine of an ArcBox daemon. */
export const openArcboxDaemon: OpenSession = async (endpoint, options) =>
  daemonSession(endpoint, await openDaemonChannel(endpoint, options));

/** Opens ArcBox sessions over a wire. `alpnProtocol` is what TLS is to ask for. */
function overWire(openWire: OpenWire, alpnProtocol?: string): OpenSession {
  return async (endpoint, options) => {
    const openChannel = async (callOptions: CallOptions, gatherer?: PortGatherer): Promise<RpcChannel> => {
      const context = { ...options, ...callOptions, endpoint, ...(gatherer && { gatherer }) };
      const transportOptions = { ...context, ...(alpnProtocol !== undefined && { alpnProtocol }) };
      return openWire(await connectTransport(endpoint.transport, transportOptions), context);
    };
    const gatherer = new PortGatherer();
    const channel = await openChannel(options, gatherer);
    return arcboxSession({
      endpoint,
      channel,
      gatherer,
      openChannel: (callOptions) => openChannel(callOptions),
    });
  };
}

function openFrames(stream: Duplex, { endpoint, logger, gatherer }: WireContext): RpcChannel {
  const shown = formatEndpoint(endpoint);
  let hasWarned = false;
  return new FramedChannel(stream, {
    onNotification: (notification) => {
      if (gatherer?.isFollowed === true) {
        takeNotification(gatherer, notification);
      } else if (!hasWarned) {
        hasWarned = true;
        logger.warn(plain`${shown}: the agent tells ports although nobody asked; they are ignored.`);
      }
    },
    onInvalidTraceId: () => {
      logger.warn(plain`${shown}: the agent sends trace ids that are not UTF-8; they are ignored.`);
    },
  });
}

async function openGrpc(
  stream: Duplex,
  { endpoint: { transport }, tls, ...options }: WireContext,
): Promise<RpcChannel> {
  const { openGrpcChannel } = await import('../rpc/grpc-channel.ts');
  if (transport.kind !== 'tls') return openGrpcChannel(stream, options);
  const authority = `${tls?.serverName ?? transport.host}:${transport.port}`;
  return openGrpcChannel(stream, { ...options, authority });
}
