import { readFile } from 'node:fs/promises';
import * as os from 'node:os';
import type { SystemInfo } from '../../agent/generated/arcbox/v1/agent.ts';

/** Bytes of memory. */
export interface Memory {
  readonly total: bigint;
  readonly available: bigint;
}

/** Reads what this machine is. A fact that cannot be read keeps its default; never rejects. */
export async function readSystemInfo(): Promise<SystemInfo> {
  const memory = parseMeminfo(await readText('/proc/meminfo'));
  return {
    kernelVersion: os.release(),
    osName: os.type(),
    osVersion: os.version(),
    arch: os.machine(),
    totalMemory: memory?.total ?? BigInt(os.totalmem()),
    availableMemory: memory?.available ?? BigInt(os.freemem()),
    cpuCount: os.availableParallelism(),
    loadAverage: parseLoadAverage(await readText('/proc/loadavg')) ?? os.loadavg(),
    hostname: os.hostname(),
    uptime: BigInt(Math.floor(os.uptime())),
    ipAddresses: externalAddresses(os.networkInterfaces()),
    distroInitPending: false,
  };
}

/** Memory from the text of /proc/meminfo; `undefined` without a MemTotal line. */
export function parseMeminfo(text: string): Memory | undefined {
  const kibibytes = (name: string): bigint | undefined => {
    const digits = new RegExp(`^${name}:\\s+(\\d{1,16}) kB$`, 'm').exec(text)?.[1];
    return digits === undefined ? undefined : BigInt(digits) * 1024n;
  };
  const total = kibibytes('MemTotal');
  return total === undefined ? undefined : { total, available: kibibytes('MemAvailable') ?? 0n };
}

/** The three load averages from the text of /proc/loadavg; `undefined` when it does not begin with them. */
export function parseLoadAverage(text: string): number[] | undefined {
  const numbers = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) /.exec(text);
  return numbers === null ? undefined : numbers.slice(1).map(Number);
}

/** Addresses by which others can reach this machine: no loopback, no IPv6 link-local, each once, in order. */
export function externalAddresses(interfaces: NodeJS.Dict<os.NetworkInterfaceInfo[]>): string[] {
  const addresses = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address);
  return [...new Set(addresses)];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Not Linux, or /proc is not mounted: the caller has another source.
    return '';
  }
}
