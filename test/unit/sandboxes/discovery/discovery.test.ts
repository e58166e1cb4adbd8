import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectAgent } from '../../../../src/agent/connect.ts';
import { parseEndpoint } from '../../../../src/agent/endpoint.ts';
import { AgentError } from '../../../../src/agent/errors.ts';
import { plain } from '../../../../src/base/text.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { startDiscovery } from '../../../../src/sandboxes/sources/discovery.ts';
import { onConnectionLost } from '../../../../src/sandboxes/sources/lost-connections.ts';
import type { Disposable } from '../../../../src/base/emitter.ts';
import { CallLog } from '../../../../src/sandboxes/watch/call-log.ts';
import { SandboxRegistry } from '../../../../src/sandboxes/watch/sandbox-registry.ts';
import { FakeHome, hasSqlite, needsSqlite } from '../../../support/fake-home.ts';
import { RelayServer } from '../../../support/relay-server.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { FakeSession } from '../fake-session.ts';

const patient = { timeout: 8000 };
const elsewhere = tempDir();

let fake: FakeHome;
let registry: SandboxRegistry;
let discovery: Disposable | undefined;
let problems: readonly string[];
let relay: RelayServer | undefined;

beforeEach(async () => {
  fake = await FakeHome.make();
  vi.stubEnv('PATH', fake.binDir);
  vi.stubEnv('MSB_HOME', fake.home.home);
  problems = [];
  registry = new SandboxRegistry({ connect: connectAgent, logger: silentLogger, calls: new CallLog() });
});
afterEach(async () => {
  discovery?.dispose();
  registry.dispose();
  await relay?.kill();
  vi.unstubAllEnvs();
  await fake.remove();
});

function start(): void {
  discovery = startDiscovery(
    registry,
    { microsandbox: true, arcbox: false },
    { logger: silentLogger, onProblems: (told) => (problems = told) },
  );
}

/** A sandbox whose death changes nothing in the home, as when its process is killed: its socket's file is elsewhere. */
async function runSandbox(name: string): Promise<DatabaseSync> {
  const path = join(elsewhere, 'relay.sock');
  relay = await RelayServer.start(path);
  await mkdir(dirname(fake.socketPath(name)), { recursive: true });
  await symlink(path, fake.socketPath(name));
  return fake.writeDatabase([[name, 'Running']]);
}

const states = (): string[] =>
  registry
    .list()
    .map(({ name, discovered, connection }) => `${name} ${discovered?.state} ${connection.phase}`);

test.skipIf(!hasSqlite)(
  `a sandbox that is killed is shown as dead although no file tells${needsSqlite}`,
  async () => {
    await runSandbox('t1');
    start();
    await expect.poll(states, patient).toEqual(['t1 running open']);
    await relay!.kill();
    await expect.poll(states, patient).toEqual(['t1 dead idle']);
    expect(registry.get('microsandbox/t1')?.discovered?.note).toMatch(
      /^It is recorded as Running, but nothing/,
    );
  },
);

test.skipIf(!hasSqlite)(
  `a sandbox that is killed vanishes when its record is gone${needsSqlite}`,
  async () => {
    const database = await runSandbox('t1');
    start();
    await expect.poll(states, patient).toEqual(['t1 running open']);
    database.exec('DELETE FROM sandbox');
    await relay!.kill();
    await expect.poll(states, patient).toEqual([]);
  },
);

test.skipIf(!hasSqlite)(`a sandbox that does not run vanishes when it is removed${needsSqlite}`, async () => {
  const folder = join(fake.home.sandboxesDir, 't1');
  await mkdir(folder, { recursive: true });
  const database = await fake.writeDatabase([['t1', 'Stopped']]);
  start();
  await expect.poll(states, patient).toEqual(['t1 stopped idle']);
  database.exec('DELETE FROM sandbox');
  await rm(folder, { recursive: true });
  await expect.poll(states, patient).toEqual([]);
});

test('why nothing can be shown is told, and taken back', async () => {
  await writeFile(fake.home.home, '');
  start();
  await expect
    .poll(() => problems, patient)
    .toEqual([
      `microsandbox: ${fake.home.home} is not a folder, so no sandboxes are shown. Remove it or correct MSB_HOME.`,
    ]);
  await rm(fake.home.home);
  await expect.poll(() => problems, patient).toEqual([]);
});

test('a connection that fails in the same way again and again is one piece of news', async () => {
  vi.useFakeTimers();
  const sessions: FakeSession[] = [];
  let failure: AgentError | undefined;
  const connect = (): Promise<FakeSession> => {
    if (failure !== undefined) return Promise.reject(failure);
    sessions.push(new FakeSession());
    return Promise.resolve(sessions.at(-1)!);
  };
  const flaky = new SandboxRegistry({ connect, logger: silentLogger, calls: new CallLog() });
  let news = 0;
  const losses = onConnectionLost(flaky, 'microsandbox', () => news++);
  const endpoint = parseEndpoint('microsandbox+unix:///a.sock');
  flaky.setSource('microsandbox', [
    { id: 'a', name: plain`a`, endpoint, source: 'microsandbox' },
    { id: 'b', name: plain`b`, endpoint, source: 'microsandbox' },
  ]);
  flaky.setSource('settings', [{ id: 'c', name: plain`c`, endpoint, source: 'settings' }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(news).toBe(0);

  sessions[2]!.lose(new AgentError('connection_closed', plain`the configured one`));
  await vi.advanceTimersByTimeAsync(1000);
  expect(news).toBe(0);

  failure = new AgentError('connection_closed', plain`full`);
  for (const session of sessions.slice(0, 2)) session.lose(new AgentError('connection_closed', plain`gone`));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(news).toBe(1);

  failure = new AgentError('unreachable', plain`refused`);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(news).toBeLessThanOrEqual(3);
  expect(news).toBeGreaterThan(1);
  losses.dispose();
  flaky.dispose();
  vi.useRealTimers();
});
