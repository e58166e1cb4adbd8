import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MicrosandboxEncoder } from '../../src/agent/microsandbox/encoder.ts';
import { decodeMicrosandboxEnvelope } from '../../src/agent/microsandbox/envelope.ts';
import { decodeMicrosandboxPayload, microsandboxMessage } from '../../src/agent/microsandbox/messages.ts';
import { fetchMicrosandbox } from '../peers/support/microsandbox-package.ts';
import { median } from '../support/measuring.ts';

const run = promisify(execFile);

/** One measurement. */
export interface BenchRow {
  readonly what: string;
  readonly value: number;
  readonly unit: 'us' | 'a second' | 'x';
  /** What the project wants to reach, in words. */
  readonly reach?: string;
}

const core = '1';
const rounds = 5;
const pings = 20_000;
const codecMs = 500;

/** Round trips against the official native client on one fake relay, everything on one core; and the pong codec. */
export async function benchMicrosandbox(): Promise<BenchRow[]> {
  const { ours, native, ratio } = await measurePings();
  const { pong } = microsandboxMessage;
  const encoder = new MicrosandboxEncoder('guest', 7);
  const body = encoder.encode(pong, 1, {}).subarray(9);
  const reach = 'at least 500,000';
  return [
    { what: 'microsandbox ping, Sandlight', value: ours, unit: 'us' },
    { what: 'microsandbox ping, native client 0.7.2', value: native, unit: 'us' },
    { what: 'microsandbox ping, Sandlight / native', value: ratio, unit: 'x', reach: 'at most 0.8' },
    {
      what: 'pong frames encoded',
      value: perSecond(() => encoder.encode(pong, 1, {})),
      unit: 'a second',
      reach,
    },
    {
      what: 'pong bodies decoded',
      value: perSecond(() => decodeMicrosandboxPayload(pong, decodeMicrosandboxEnvelope(body).p)),
      unit: 'a second',
      reach,
    },
  ];
}

/** Medians of the round trips in microseconds, and of their ratios, the two clients taking turns on the same relay. */
async function measurePings(): Promise<{ ours: number; native: number; ratio: number }> {
  const addon = join(await fetchMicrosandbox('0.7.2'), 'microsandbox.linux-x64-gnu.node');
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const socket = join(folder, 's');
  const here = import.meta.dirname;
  const nodeArgs = ['-c', core, process.execPath, '--no-warnings'];
  const relay = spawn('taskset', [...nodeArgs, join(here, 'microsandbox', 'relay.mts'), socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve) => relay.stdout.once('data', resolve));
    const measure = async (...args: string[]): Promise<number> => {
      const { stdout } = await run('taskset', [...nodeArgs, ...args]);
      return (JSON.parse(stdout) as { rttMicros: number }).rttMicros;
    };
    const native: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round++) {
      native.push(
        await measure(join(here, '../peers/microsandbox-native/client.mjs'), addon, socket, String(pings)),
      );
      ours.push(await measure(join(here, 'microsandbox', 'client.mts'), socket, String(pings)));
    }
    const ratios = ours.map((micros, round) => micros / (native[round] ?? NaN));
    return { ours: median(ours), native: median(native), ratio: median(ratios) };
  } finally {
    relay.kill();
    await rm(folder, { recursive: true });
  }
}

function perSecond(work: () => unknown): number {
  const once = (): number => {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < codecMs; count += 1000)
      for (let index = 0; index < 1000; index++) work();
    return (count * 1000) / (performance.now() - start);
  };
  once();
  return median([once(), once(), once()]);
}
