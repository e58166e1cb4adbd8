import { AgentError } from '../errors.ts';
import type { ListeningPorts } from '../facts.ts';
import type { CallOptions } from '../rpc/channel.ts';
import type { FileChannel } from './file-request.ts';
import { readGuestFile } from './guest-file.ts';
import { parseListeningSockets } from './proc-net-tcp.ts';

/** How much of each table is read: some 1,700 sockets and connections. */
const maxTableBytes = 256 * 1024;

/** Listening sockets that are kept of each table. */
export const maxListeningSockets = 2000;

/**
 * Reads the listening TCP sockets of a guest from its `/proc/net/tcp` and `tcp6`, with no program started inside.
 *
 * @throws AgentError those of reading a file; a guest without IPv6 is none.
 */
export async function readListeningPorts(
  channel: FileChannel,
  options: CallOptions,
): Promise<ListeningPorts> {
  const ipv4 = await readGuestFile(channel, '/proc/net/tcp', maxTableBytes, options);
  const ipv6 = await readGuestFile(channel, '/proc/net/tcp6', maxTableBytes, options).catch(
    (error: unknown) => {
      if (error instanceof AgentError && error.code === 'remote_error') return undefined;
      throw error;
    },
  );
  const tables = ipv6 === undefined ? [ipv4] : [ipv4, ipv6];
  const parsed = tables.map(({ bytes }) =>
    parseListeningSockets(bytes.toString('latin1'), maxListeningSockets),
  );
  const sockets = parsed.flatMap((table) => table.sockets);
  sockets.sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
  return { sockets, truncated: [...tables, ...parsed].some(({ truncated }) => truncated) };
}
