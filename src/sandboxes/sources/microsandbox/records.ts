import { dig } from '../../../base/json.ts';
import type { PublishedPort } from '../../model/discovered.ts';

/** A sandbox as microsandbox's own records tell it, which may be out of date. */
export interface InventoryEntry {
  readonly name: string;
  /** `Running`, `Stopped` and the like; an open set. */
  readonly status: string;
  readonly ports: readonly PublishedPort[];
}

/** Most sandboxes that are listed. */
export const maxInventoryEntries = 2000;

/** Reads the `network.ports` of a sandbox's configuration; entries that do not fit are left out. */
export function portsOfConfig(config: unknown): PublishedPort[] {
  const ports = dig(config, 'network', 'ports');
  if (!Array.isArray(ports)) return [];
  return ports.flatMap((port: unknown) => {
    const bind = dig(port, 'host_bind');
    return publishedPort(
      typeof bind === 'string' ? bind : '127.0.0.1',
      dig(port, 'host_port'),
      dig(port, 'guest_port'),
      dig(port, 'protocol'),
    );
  });
}

/** Reads a port as `msb ps` writes it: `127.0.0.1:8080->80/tcp`. */
export function portOfText(text: unknown): PublishedPort[] {
  const match = typeof text === 'string' ? /^(.{1,64}):(\d{1,5})->(\d{1,5})\/(tcp|udp)$/.exec(text) : null;
  if (match === null) return [];
  const [, address = '', hostPort, guestPort, protocol] = match;
  return publishedPort(address.replace(/^\[|\]$/g, ''), Number(hostPort), Number(guestPort), protocol);
}

function publishedPort(
  hostAddress: string,
  hostPort: unknown,
  guestPort: unknown,
  protocol: unknown,
): PublishedPort[] {
  const isPort = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;
  if (!isPort(hostPort) || !isPort(guestPort)) return [];
  return [{ hostAddress, hostPort, guestPort, protocol: protocol === 'udp' ? 'udp' : 'tcp' }];
}
