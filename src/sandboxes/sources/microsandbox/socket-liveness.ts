import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { TransportAddress } from '../../../agent/endpoint.ts';

const connectTimeoutMs = 2000;

/** Flag of /proc/net/unix: the socket accepts connections. */
const acceptsConnections = 0x10000;

/**
 * Tells whether a program listens there. Where the kernel lists sockets the answer is read from that list, because a
 * connection, even one that says nothing, counts as use of a sandbox and postpones its idle shutdown.
 */
export async function isListening(address: TransportAddress, listed: ReadonlySet<string>): Promise<boolean> {
  if (address.kind !== 'unix' && address.kind !== 'pipe') return false;
  return listed.has(address.path) || canConnect(address.path);
}

/** Paths of all listening Unix sockets on this machine; empty where the kernel has no such list. */
export async function listListeningSockets(): Promise<ReadonlySet<string>> {
  const table = await readFile('/proc/net/unix', 'latin1').catch(() => '');
  const paths = new Set<string>();
  for (const line of table.split('\n')) {
    const match = /^\S+: \S+ \S+ ([0-9A-F]{8}) \S+ \S+ +\S+ (\/.+)$/.exec(line);
    if (match === null) continue;
    const [, flags = '0', path = ''] = match;
    if ((Number.parseInt(flags, 16) & acceptsConnections) !== 0) {
      paths.add(Buffer.from(path, 'latin1').toString());
    }
  }
  return paths;
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: connectTimeoutMs });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('timeout', () => {
      settle(false);
    });
    socket.on('error', () => {
      settle(false);
    });
  });
}
