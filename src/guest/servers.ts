import type { Duplex } from 'node:stream';
import { formatEndpoint, type Endpoint, type Protocol } from '../agent/endpoint.ts';
import { serveFramedConnection } from './framed-connection.ts';
import { listen } from './listen.ts';
import { serveMicrosandboxDirect } from './microsandbox-direct.ts';
import { MicrosandboxRelay } from './microsandbox-relay.ts';
import type { GuestServer, GuestServices } from './service.ts';

/** Serves the agent's methods on one endpoint. */
export type StartGuestServer = (endpoint: Endpoint, services: GuestServices) => Promise<GuestServer>;

/** How each protocol is served. */
export const guestServers: Readonly<Partial<Record<Protocol, StartGuestServer>>> = {
  arcbox: (endpoint, services) =>
    startServer(endpoint, services, (stream) => void serveFramedConnection(stream, services)),
  microsandbox: (endpoint, services) => {
    const relay = new MicrosandboxRelay(services.microsandbox);
    return startServer(endpoint, services, (stream) => {
      relay.accept(stream);
    });
  },
  'microsandbox-direct': (endpoint, services) =>
    startServer(endpoint, services, (stream) => {
      serveMicrosandboxDirect(stream, services.microsandbox);
    }),
};

/** Serves every stream that arrives on the endpoint's transport. */
async function startServer(
  endpoint: Endpoint,
  { logger }: GuestServices,
  accept: (stream: Duplex) => void,
): Promise<GuestServer> {
  const listener = await listen(endpoint.transport, accept, logger);
  return {
    endpoint: formatEndpoint({ protocol: endpoint.protocol, transport: listener.address }),
    close: () => listener.close(),
  };
}
