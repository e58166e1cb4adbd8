import { createReadStream } from 'node:fs';
import type { TransportAddress } from '../../../agent/endpoint.ts';
import { LineReader } from '../../../base/lines.ts';
import { tryConnect } from '../../../base/local-socket.ts';

const connectTimeoutMs = 2000;

/** Flag of /proc/net/unix: the socket accepts connections. */
const acceptsConnections = 0x10000;

/** Most that is read of the kernel's list, which anybody on this machine can make long; about 100,000 sockets. */
const maxListBytes = 8 * 1024 * 1024;
/** Longest line of it that is understood: the longest path of a socket, and what stands before it. */
const maxLineLength = 256;

/**
 * Tells whether a program listens there. Where the kernel lists sockets the answer is read from that list, because a
 * connection, even one that says nothing, counts as use of a sandbox and postpones its idle shutdown.
 */
export async function isListening(address: TransportAddress, listed: ReadonlySet<string>): Promise<boolean> {
  if (address.kind !== 'unix' && address.kind !== 'pipe') return false;
  if (listed.has(address.path)) return true;
  return (await tryConnect(address.path, connectTimeoutMs)).kind === 'connected';
}

/** Paths of the listening Unix sockets on this machine that may be a relay's; empty where the kernel has no such list. */
export async function listListeningSockets(): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  const reader = new LineReader({
    maxLineLength,
    onLine: (line) => {
      const path = listeningPath(line);
      if (path !== undefined) paths.add(path);
    },
  });
  try {
    const list = createReadStream('/proc/net/unix', { end: maxListBytes - 1 });
    for await (const chunk of list) reader.push(chunk as Buffer);
    reader.end();
  } catch {
    // Not Linux, or hidden: connections tell instead.
  }
  return paths;
}

/** The path of a listening socket that is called as relays call theirs. */
function listeningPath(line: string): string | undefined {
  const match = /^\S+: \S+ \S+ ([0-9A-F]{8}) \S+ \S+ +\S+ (\/.+\.sock)$/.exec(line);
  if (match === null) return undefined;
  const [, flags = '0', path] = match;
  return (Number.parseInt(flags, 16) & acceptsConnections) === 0 ? undefined : path;
}
