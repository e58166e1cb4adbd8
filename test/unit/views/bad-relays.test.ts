import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { connectAgent } from '../../../src/agent/connect.ts';
import { formatEndpoint, type Endpoint } from '../../../src/agent/endpoint.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { plain } from '../../../src/base/text.ts';
import { Turnstile } from '../../../src/base/turnstile.ts';
import { relayMaxClients } from '../../../src/guest/microsandbox/relay.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxMonitor } from '../../../src/sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { sandboxMessages } from '../../../src/views/tree/messages.ts';
import { RelayServer } from '../../support/relay-server.ts';
import { listenForTest } from '../../support/servers.ts';
import { tempDir } from '../../support/temp-dir.ts';

const patient = { timeout: 8000 };
const folder = tempDir();

let endpoint: Endpoint;
let path: string;
let monitor: SandboxMonitor;
/** Everything that could be read, in order. */
let said: string[];
let count = 0;

beforeEach(() => {
  said = [];
  path = join(folder, `relay-${count++}.sock`);
  endpoint = { protocol: 'microsandbox', transport: { kind: 'unix', path } };
  monitor = new SandboxMonitor(
    { id: 'a', name: plain`box`, endpoint, source: 'microsandbox' },
    {
      ...{ connect: connectAgent, logger: silentLogger, calls: new CallLog() },
      attempts: new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 }),
      polls: new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 }),
      onChange: () => said.push(...words()),
    },
  );
});
afterEach(() => {
  monitor.dispose();
  vi.useRealTimers();
});

async function startRelay(): Promise<RelayServer> {
  const relay = await RelayServer.start(path);
  onTestFinished(() => relay.kill());
  return relay;
}

/** What a person reads below the row of the sandbox; `@` stands for its endpoint. */
function wordsOf(snapshot: SandboxSnapshot): string[] {
  return sandboxMessages(snapshot).map(({ label, description = '' }) =>
    `${label} | ${description}`.replace(formatEndpoint(endpoint), '@'),
  );
}

const words = (): string[] => wordsOf(monitor.snapshot);
const readiness = (): string => monitor.snapshot.readiness;

test('a relay without a place left says so, and is tried again until it has one', async () => {
  await startRelay();
  const sessions = await Promise.all(
    Array.from({ length: relayMaxClients }, () =>
      connectAgent(endpoint, { timeoutMs: 8000, logger: silentLogger }),
    ),
  );
  monitor.connect();
  await expect
    .poll(words, patient)
    .toEqual([
      'Not reachable, trying again | The relay closed the connection before its handshake: all of its 128 places are taken, or the sandbox is stopping. Try again later. · @',
    ]);
  sessions[0]!.close();
  await expect.poll(readiness, patient).toBe('ready');
  expect(words()).toEqual([]);
  for (const session of sessions) session.close();
});

test('a relay whose guest still boots is silent, which is said after 10 s, and is tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const silent = createServer();
  await listenForTest(silent, { path });
  monitor.connect();
  await once(silent, 'connection');
  expect(words()).toEqual(['Connecting… | ']);
  await vi.advanceTimersByTimeAsync(10_000);
  await expect
    .poll(words, patient)
    .toEqual([
      'Not reachable, trying again | The relay sent no handshake within 10000 ms. The sandbox may still be booting or be frozen, or what listens there is no relay: Docker and agents of other protocols wait to be spoken to; for those try arcbox. · @',
    ]);
  silent.close();
  await startRelay();
  await vi.advanceTimersByTimeAsync(600);
  vi.useRealTimers();
  await expect.poll(readiness, patient).toBe('ready');
});

test('a relay that ends says that the connection is lost, and then that nothing is there', async () => {
  const relay = await startRelay();
  monitor.connect();
  await expect.poll(readiness, patient).toBe('ready');
  await relay.kill();
  await expect
    .poll(words, patient)
    .toEqual([
      'Connection lost, trying again | Nothing exists at this path. Start the agent or correct the path. · @',
    ]);
  expect(said).toContain('Connection lost, trying again | The agent closed the connection. · @');
});

test('a relay that was killed left its socket behind, where nothing listens', async () => {
  const script = `require('node:net').createServer().listen(process.argv[1], () => console.log('listening'))`;
  const relay = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(relay.stdout, 'data');
  relay.kill('SIGKILL');
  await once(relay, 'exit');
  monitor.connect();
  await expect
    .poll(words, patient)
    .toEqual([
      'Not reachable, trying again | Nothing listens there. Start the agent or correct the endpoint. · @',
    ]);
});

test('another program in the place of the relay is quoted', async () => {
  const relay = await startRelay();
  monitor.connect();
  await expect.poll(readiness, patient).toBe('ready');
  await relay.kill();
  const other = createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'));
  await listenForTest(other, { path });
  await expect
    .poll(words, patient)
    .toEqual([
      'Connection lost, trying again | The bytes read as an SSH banner: this is not a microsandbox relay. Check that this is the agent.sock of a running sandbox. · @',
    ]);
});
