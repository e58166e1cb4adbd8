import type { Duplex } from 'node:stream';
import { formatEndpoint, type Endpoint, type Protocol } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import { plain } from '../base/text.ts';
import { serveFramedConnection } from './framed-connection.ts';
import { serveGrpcConnection } from './grpc-connection.ts';
import { listen, type ListenTls } from './listen.ts';
import { serveMicrosandboxDirect } from './microsandbox/direct.ts';
import { MicrosandboxRelay } from './microsandbox/relay.ts';
import type { GuestServer, GuestServices } from './service.ts';
import { serveTtrpcConnection } from './ttrpc-connection.ts';

/** Serves one stream until it ends; never rejects. */
export type ServeConnection = (stream: Duplex) => Promise<void>;

/** How the connections of one endpoint are served, by protocol. */
const connectionServers: Readonly<
  Record<Protocol, ((services: GuestServices) => ServeConnection) | undefined>
> = {
  arcbox: (services) => (stream) => serveFramedConnection(stream, services),
  'arcbox-ttrpc': (services) => (stream) => serveTtrpcConnection(stream, services),
  'arcbox-grpc': (services) => (stream) => serveGrpcConnection(stream, services),
  microsandbox: ({ microsandbox }) => {
    const relay = new MicrosandboxRelay(microsandbox);
    return (stream) => {
      relay.accept(stream);
      return closed(stream);
    };
  },
  'microsandbox-direct':
    ({ microsandbox }) =>
    (stream) => {
      serveMicrosandboxDirect(stream, microsandbox);
      return closed(stream);
    },
  // The daemon is no agent.
  'arcbox-daemon': undefined,
};

/**
 * How the connections of one endpoint are served.
 *
 * @throws AgentError `unsupported` when the agent does not speak the protocol.
 */
export function connectionServer(protocol: Protocol, services: GuestServices): ServeConnection {
  const serve = connectionServers[protocol];
  if (serve === undefined) throw new AgentError('unsupported', plain`The agent cannot serve ${protocol}.`);
  return serve(services);
}

/**
 * Serves the agent's methods on one endpoint.
 *
 * @throws AgentError when that is not possible.
 */
export async function startGuestServer(
  { protocol, transport }: Endpoint,
  services: GuestServices,
  tls?: ListenTls,
): Promise<GuestServer> {
  const serve = connectionServer(protocol, services);
  const listener = await listen(transport, (stream) => void serve(stream), {
    logger: services.logger,
    ...(tls && { tls }),
    // Clients insist on h2 being agreed on before they speak gRPC over TLS.
    ...(protocol === 'arcbox-grpc' && { alpnProtocol: 'h2' }),
  });
  return {
    endpoint: formatEndpoint({ protocol, transport: listener.address }),
    close: () => listener.close(),
  };
}

function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
