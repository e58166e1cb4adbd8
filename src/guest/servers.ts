import type { Duplex } from 'node:stream';
import { formatEndpoint, type Endpoint, type Protocol } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import { serveFramedConnection } from './framed-connection.ts';
import { serveGrpcConnection } from './grpc-connection.ts';
import { listen, type ListenTls } from './listen.ts';
import type { GuestServer, GuestServices } from './service.ts';
import { serveTtrpcConnection } from './ttrpc-connection.ts';

/** Serves one stream until it ends; never rejects. */
export type ServeConnection = (stream: Duplex, services: GuestServices) => Promise<void>;

/** How each protocol is served. */
const connectionServers: Readonly<Partial<Record<Protocol, ServeConnection>>> = {
  arcbox: serveFramedConnection,
  'arcbox-ttrpc': serveTtrpcConnection,
  'arcbox-grpc': serveGrpcConnection,
};

/**
 * How one connection of a protocol is served.
 *
 * @throws AgentError `unsupported` when the agent does not serve it.
 */
export function connectionServer(protocol: Protocol): ServeConnection {
  const serve = connectionServers[protocol];
  if (serve === undefined) throw new AgentError('unsupported', `The agent cannot serve ${protocol}.`);
  return serve;
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
  const serve = connectionServer(protocol);
  const listener = await listen(transport, (stream) => void serve(stream, services), {
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
