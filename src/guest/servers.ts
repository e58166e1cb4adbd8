import { formatEndpoint, type Endpoint, type Protocol } from '../agent/endpoint.ts';
import { serveFramedConnection } from './framed-connection.ts';
import { listen } from './listen.ts';
import type { GuestServer, GuestServices } from './service.ts';

/** Serves the agent's methods on one endpoint. */
export type StartGuestServer = (endpoint: Endpoint, services: GuestServices) => Promise<GuestServer>;

/** How each protocol is served. */
export const guestServers: Readonly<Partial<Record<Protocol, StartGuestServer>>> = {
  arcbox: startFramedServer,
};

/** Serves ArcBox frames. */
async function startFramedServer(endpoint: Endpoint, services: GuestServices): Promise<GuestServer> {
  const listener = await listen(
    endpoint.transport,
    (stream) => void serveFramedConnection(stream, services),
    services.logger,
  );
  return {
    endpoint: formatEndpoint({ protocol: endpoint.protocol, transport: listener.address }),
    close: () => listener.close(),
  };
}
