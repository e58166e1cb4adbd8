import { dig } from '../../../base/json.ts';
import { ipAddress } from '../../../base/ip-address.ts';
import type { HostPort } from '../../model/discovered.ts';

/** A sandbox as microsandbox's own records tell it, which may be out of date. Its texts are as recorded: not to be shown. */
export interface InventoryEntry {
  readonly name: string;
  /** `Running`, `Stopped` and the like; an open set. */
  readonly status: string;
  /** `null` when the record does not tell them. */
  readonly ports: RecordedPorts | null;
  /** True when the record says that the host leaves the guest's clock alone; absent when it does not tell. */
  readonly isClockFree?: boolean;
}

/** The published ports of a sandbox. */
export interface RecordedPorts {
  /** At most {@link maxPortsOfSandbox}. */
  readonly ports: readonly HostPort[];
  /** Ports beyond that, and those that make no sense, such as one on an address that is none. */
  readonly leftOut: number;
}

/** Some sandboxes, and how many more there are. */
export interface Listing {
  readonly entries: readonly InventoryEntry[];
  readonly leftOut: number;
}

/** Most sandboxes that are taken from microsandbox's records. */
export const maxInventoryEntries = 10_000;
/** Most published ports of one sandbox. */
export const maxPortsOfSandbox = 256;

/** Reads the `network.ports` of a sandbox's configuration; `null` when there is no such list. */
export function portsOfConfig(ports: unknown): RecordedPorts | null {
  return readPorts(ports, (port) => {
    const bind = dig(port, 'host_bind');
    return hostPort(
      typeof bind === 'string' ? bind : '127.0.0.1',
      dig(port, 'host_port'),
      dig(port, 'guest_port'),
      dig(port, 'protocol'),
    );
  });
}

/** Reads ports as `msb ps` writes them: `127.0.0.1:8080->80/tcp`; `null` when there is no such list. */
export function portsOfTexts(texts: unknown): RecordedPorts | null {
  return readPorts(texts, (text) => {
    const match = typeof text === 'string' ? /^(.{1,64}):(\d{1,5})->(\d{1,5})\/(tcp|udp)$/.exec(text) : null;
    if (match === null) return undefined;
    const [, address = '', outside, inside, protocol] = match;
    return hostPort(address, Number(outside), Number(inside), protocol);
  });
}

/**
 * Whether the host leaves the guest's clock alone, by the `runtime.guest_clock` of a configuration. `sync` is what
 * microsandbox does unless told otherwise; every other word is a wish of the sandbox's owner.
 */
export function isClockFree(policy: unknown): boolean {
  return typeof policy === 'string' && policy !== 'sync';
}

function readPorts(list: unknown, read: (port: unknown) => HostPort | undefined): RecordedPorts | null {
  if (!Array.isArray(list)) return null;
  const ports = list.slice(0, maxPortsOfSandbox).flatMap((port: unknown) => read(port) ?? []);
  return { ports, leftOut: list.length - ports.length };
}

function hostPort(bind: string, outside: unknown, inside: unknown, protocol: unknown): HostPort | undefined {
  const hostAddress = ipAddress(bind);
  if (hostAddress === undefined || !isPort(outside) || !isPort(inside)) return undefined;
  return { hostAddress, hostPort: outside, guestPort: inside, protocol: protocol === 'udp' ? 'udp' : 'tcp' };
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;
}
