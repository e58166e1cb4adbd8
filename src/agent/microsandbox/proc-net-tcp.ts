import type { ListeningPorts, ListeningSocket } from '../facts.ts';

/** State TCP_LISTEN in /proc/net/tcp. */
const listenState = '0A';

/**
 * Picks the first `maxSockets` listening sockets out of the text of `/proc/net/tcp` or `/proc/net/tcp6`, and tells whether
 * there are more. Lines that do not fit, such as the heading or a last one cut short, are skipped.
 */
export function parseListeningSockets(text: string, maxSockets: number): ListeningPorts {
  const sockets: ListeningSocket[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ ([0-9A-F]{2}) /.exec(line);
    const [, address = '', port = '', state] = match ?? [];
    if (state !== listenState) continue;
    if (sockets.length >= maxSockets) return { sockets, truncated: true };
    sockets.push({ address: formatAddress(address), port: Number.parseInt(port, 16) });
  }
  return { sockets, truncated: false };
}

/** The kernel prints an address as 32-bit words in the byte order of its machine: little-endian on all that run VMs. */
function formatAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  // A URL writes an IPv6 host in its canonical short form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
