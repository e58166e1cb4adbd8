import { formatEndpoint, type Endpoint, type Protocol } from './endpoint.ts';
import { AgentError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { CallOptions, RpcChannel } from './rpc/channel.ts';
import { FramedChannel } from './rpc/framed-channel.ts';
import { ArcboxSession } from './session/arcbox-session.ts';
import { PortFeed } from './session/port-feed.ts';
import type { AgentSession } from './session/session.ts';
import { connectTransport } from './transport/connect-transport.ts';

/** How to connect. */
export interface ConnectOptions extends CallOptions {
  readonly logger: Logger;
}

type OpenSession = (endpoint: Endpoint, options: ConnectOptions) => Promise<AgentSession>;

/** How each protocol is opened. A further one is a row here and the file it names. */
const openers: Partial<Readonly<Record<Protocol, OpenSession>>> = {
  arcbox: openArcboxFrames,
};

/**
 * Opens a session with the agent at `endpoint`. Nothing is asked of the agent yet beyond what the protocol's opening
 * exchange needs, so a first call may still find that something else answers.
 *
 * @throws AgentError whose message begins with the endpoint.
 */
export async function connectAgent(endpoint: Endpoint, options: ConnectOptions): Promise<AgentSession> {
  const open = openers[endpoint.protocol];
  try {
    if (open === undefined)
      throw new AgentError('unsupported', `The protocol ${endpoint.protocol} is not available.`);
    return await open(endpoint, options);
  } catch (error) {
    throw AgentError.from(error, 'unreachable').about(formatEndpoint(endpoint));
  }
}

async function openArcboxFrames(endpoint: Endpoint, options: ConnectOptions): Promise<AgentSession> {
  const { logger } = options;
  const portFeed = new PortFeed();
  const openChannel = async (callOptions: CallOptions, feed?: PortFeed): Promise<RpcChannel> => {
    const stream = await connectTransport(endpoint.transport, { ...options, ...callOptions });
    return new FramedChannel(stream, {
      onNotification: (notification) => feed?.takeNotification(notification),
      onInvalidTraceId: () => {
        logger.warn(
          `${formatEndpoint(endpoint)}: the agent sends trace ids that are not UTF-8; they are ignored.`,
        );
      },
    });
  };
  const channel = await openChannel(options, portFeed);
  return new ArcboxSession({
    endpoint,
    channel,
    portFeed,
    openChannel: (callOptions) => openChannel(callOptions),
  });
}
