import type { Duplex } from 'node:stream';
import type { TransportAddress } from '../endpoint.ts';
import { withoutTls } from './broken-stream.ts';
import { openExec } from './exec.ts';
import { openHybridVsock } from './hvsock.ts';
import { openSocket } from './socket.ts';
import { openTls, type OpenTlsOptions } from './tls.ts';
import { openVsock, type OpenVsockOptions } from './vsock.ts';

/** Everything that opening some transport may need. */
export type TransportOptions = OpenTlsOptions & OpenVsockOptions;

type Connectors = {
  readonly [Kind in TransportAddress['kind']]: (
    address: Extract<TransportAddress, { kind: Kind }>,
    options: TransportOptions,
  ) => Promise<Duplex>;
};

const connectors: Connectors = {
  unix: ({ path }, options) => openSocket({ path }, options),
  pipe: ({ path }, options) => openSocket({ path }, options),
  tcp: async ({ host, port }, options) => withoutTls(await openSocket({ host, port }, options)),
  tls: openTls,
  hvsock: openHybridVsock,
  vsock: openVsock,
  exec: ({ argv }, options) => openExec(argv, options),
};

/**
 * Opens the byte stream of a transport address.
 *
 * @throws AgentError `unreachable`, `not_permitted`, `handshake_failed`, `timeout` or `cancelled`.
 */
export function connectTransport(address: TransportAddress, options: TransportOptions): Promise<Duplex> {
  // The table's type ties each connector to its own address; TypeScript cannot follow that through an index.
  const open = connectors[address.kind] as (
    address: TransportAddress,
    options: TransportOptions,
  ) => Promise<Duplex>;
  return open(address, options);
}
