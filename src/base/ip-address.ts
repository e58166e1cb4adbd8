import { isIP } from 'node:net';
import type { PlainText } from './text.ts';

declare const brand: unique symbol;

/** An IPv4 or IPv6 address in its usual form, without zone; empty for every address. Safe in a URL and in a socket call. */
export type IpAddress = PlainText & { readonly [brand]: true };

/** Every address, IPv4 and IPv6. */
export const anyAddress = '' as IpAddress;

/**
 * Reads an address as an engine or an agent writes it; `*` and the empty text stand for every address. `undefined` for
 * whatever is no address, such as a host name, octal or hexadecimal parts, a zone, or an address with more text around it.
 */
export function ipAddress(raw: string): IpAddress | undefined {
  if (raw === '' || raw === '*') return anyAddress;
  if (raw.length > 45) return undefined;
  const bare = raw.startsWith('[') && raw.endsWith(']') ? raw.slice(1, -1) : raw;
  switch (isIP(bare)) {
    case 4:
      return bare as IpAddress;
    case 6:
      // A URL writes an IPv6 host in its canonical short form, and knows no zone.
      return bare.includes('%')
        ? undefined
        : (new URL(`http://[${bare}]`).hostname.slice(1, -1) as IpAddress);
    default:
      return undefined;
  }
}

/** True for an address that only programs of the same machine can reach. */
export function isLoopbackAddress(address: IpAddress): boolean {
  // A socket for both families writes an IPv4 address as the end of an IPv6 one.
  return address === '::1' || address.startsWith('127.') || /^::ffff:7f[0-9a-f]{2}:/.test(address);
}

/** `host:port` of an address, with the brackets that IPv6 needs. */
export function addressAndPort(address: IpAddress, port: number): PlainText {
  return (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`) as PlainText;
}
