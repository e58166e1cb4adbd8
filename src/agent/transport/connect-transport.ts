import type { Duplex } from 'node:stream';
import type { TransportAddress } from '../endpoint.ts';
import { AgentError } from '../errors.ts';
import { openSocket, type OpenOptions } from './socket.ts';

type Connectors = {
  readonly [Kind in TransportAddress['kind']]?: (
    address: Extract<TransportAddress, { kind: Kind }>,
    options: OpenOptions,
  ) => Promise<Duplex>;
};

const connectors: Connectors = {
  unix: ({ path }, options) => openSocket({ path }, options),
  pipe: ({ path }, options) => openSocket({ path }, options),
  tcp: ({ host, port }, options) => openSocket({ host, port }, options),
};

/**
 * Opens the byte stream of a transport address.
 *
 * @throws AgentError `unreachable`, `not_permitted`, `timeout`, `cancelled` or `unsupported`.
 */
export function connectTransport(address: TransportAddress, options: OpenOptions): Promise<Duplex> {
  // The table's type ties each connector to its own address; TypeScript cannot follow that through an index.
  const open = connectors[address.kind] as
    ((address: TransportAddress, options: OpenOptions) => Promise<Duplex>) | undefined;
  if (open === undefined) {
    return Promise.reject(new AgentError('unsupported', `The transport ${address.kind} is not available.`));
  }
  return open(address, options);
}
