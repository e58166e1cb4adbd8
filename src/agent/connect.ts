import type { Duplex } from 'node:stream';
import { formatEndpoint, type Endpoint, type Protocol } from './endpoint.ts';
import { AgentError } from './errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CallOptions, RpcChannel } from './rpc/channel.ts';
import { FramedChannel } from './arcbox/framed-channel.ts';
import { openGrpcChannel } from './rpc/grpc-channel.ts';
import { TtrpcChannel } from './rpc/ttrpc-channel.ts';
import { ArcboxSession } from './arcbox/session.ts';
import { DaemonSession } from './arcbox/daemon-session.ts';
import { openMicrosandboxDirect, openMicrosandboxRelay } from './microsandbox/open.ts';
import { PortFeed } from './arcbox/port-feed.ts';
import type { AgentSession } from './session.ts';
import { connectTransport } from './transport/connect-transport.ts';
import type { TlsSettings } from './transport/tls.ts';

/** How to connect. */
export interface ConnectOptions extends CallOptions {
  readonly logger: Logger;
  /** For endpoints with the transport tls. */
  readonly tls?: TlsSettings;
  /** For endpoints with the transport vsock; see `OpenVsockOptions`. */
  readonly vsockHelper?: readonly [string, ...string[]];
}

type OpenSession = (endpoint: Endpoint, options: ConnectOptions) => Promise<AgentSession>;

/** How each protocol is opened. A further one is a row here and the file it names. */
const openers: Readonly<Record<Protocol, OpenSession>> = {
  arcbox: overArcboxWire(openFramedChannel),
  'arcbox-ttrpc': overArcboxWire((stream) => new TtrpcChannel(stream)),
  'arcbox-grpc': overArcboxWire(openGrpc, 'h2'),
  microsandbox: async (endpoint, options) =>
    openMicrosandboxRelay(await connectTransport(endpoint.transport, options), endpoint, options),
  'microsandbox-direct': async (endpoint, options) =>
    openMicrosandboxDirect(await connectTransport(endpoint.transport, options), endpoint, options),
  'arcbox-daemon': async (endpoint, options) =>
    new DaemonSession(endpoint, await openDaemonChannel(endpoint, options)),
};

/**
 * Opens a session with the agent at `endpoint`. Nothing is asked of the agent yet beyond what the protocol's opening
 * exchange needs, so a first call may still find that something else answers.
 *
 * @throws AgentError whose message begins with the endpoint.
 */
export async function connectAgent(endpoint: Endpoint, options: ConnectOptions): Promise<AgentSession> {
  try {
    return await openers[endpoint.protocol](endpoint, options);
  } catch (error) {
    throw AgentError.from(error, 'unreachable').about(formatEndpoint(endpoint));
  }
}

/**
 * Opens a gRPC channel to an ArcBox daemon.
 *
 * @throws AgentError those of the transport and of gRPC's opening exchange.
 */
export async function openDaemonChannel(
  { transport }: Pick<Endpoint, 'transport'>,
  options: ConnectOptions,
): Promise<RpcChannel> {
  return openGrpcChannel(await connectTransport(transport, { ...options, alpnProtocol: 'h2' }), options);
}

/** What a wire is opened with. */
interface WireContext extends ConnectOptions {
  readonly endpoint: Endpoint;
  /** Takes the notifications of a wire that pushes them. */
  readonly portFeed?: PortFeed;
}

type OpenWire = (stream: Duplex, context: WireContext) => RpcChannel | Promise<RpcChannel>;

/** Opens ArcBox sessions over a wire. `alpnProtocol` is what TLS is to ask for. */
function overArcboxWire(openWire: OpenWire, alpnProtocol?: string): OpenSession {
  return async (endpoint, options) => {
    const openChannel = async (callOptions: CallOptions, portFeed?: PortFeed): Promise<RpcChannel> => {
      const context = { ...options, ...callOptions, endpoint, ...(portFeed && { portFeed }) };
      const transportOptions = { ...context, ...(alpnProtocol !== undefined && { alpnProtocol }) };
      return openWire(await connectTransport(endpoint.transport, transportOptions), context);
    };
    const portFeed = new PortFeed();
    const channel = await openChannel(options, portFeed);
    return new ArcboxSession({
      endpoint,
      channel,
      portFeed,
      openChannel: (callOptions) => openChannel(callOptions),
    });
  };
}

function openFramedChannel(stream: Duplex, { endpoint, logger, portFeed }: WireContext): RpcChannel {
  return new FramedChannel(stream, {
    onNotification: (notification) => portFeed?.takeNotification(notification),
    onInvalidTraceId: () => {
      logger.warn(
        `${formatEndpoint(endpoint)}: the agent sends trace ids that are not UTF-8; they are ignored.`,
      );
    },
  });
}

function openGrpc(
  stream: Duplex,
  { endpoint: { transport }, tls, ...options }: WireContext,
): Promise<RpcChannel> {
  if (transport.kind !== 'tls') return openGrpcChannel(stream, options);
  const authority = `${tls?.serverName ?? transport.host}:${transport.port}`;
  return openGrpcChannel(stream, { ...options, authority });
}
