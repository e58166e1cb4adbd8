import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectAgent } from '../../../../src/agent/connect.ts';
import type { Disposable } from '../../../../src/base/emitter.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { plain } from '../../../../src/base/text.ts';
import { startDiscovery } from '../../../../src/sandboxes/sources/discovery.ts';
import type { MicrosandboxFindings } from '../../../../src/sandboxes/sources/microsandbox/discover.ts';
import { CallLog } from '../../../../src/sandboxes/watch/call-log.ts';
import { SandboxRegistry } from '../../../../src/sandboxes/watch/sandbox-registry.ts';
import { deferred } from '../../../support/deferred.ts';

/** What stands in for the file system: looks that the test answers, and news that it tells. */
const world = vi.hoisted(() => ({
  looks: 0,
  look: (): Promise<unknown> => Promise.reject(new Error('no answer was chosen')),
  tellNews: (): void => undefined,
}));
vi.mock('../../../../src/sandboxes/sources/microsandbox/discover.ts', () => ({
  discoverMicrosandbox: () => {
    world.looks++;
    return world.look();
  },
}));
vi.mock('../../../../src/sandboxes/sources/microsandbox/watch.ts', () => ({
  watchMicrosandbox: (_: unknown, onChange: () => void) => (world.tellNews = onChange),
}));
vi.mock('../../../../src/sandboxes/sources/microsandbox/home.ts', () => ({
  resolveMicrosandboxHome: () => Promise.resolve({ home: '/the/home' }),
}));

const paused: MicrosandboxFindings = {
  sandboxes: [
    {
      name: plain`t1`,
      recordName: 't1',
      endpoint: { protocol: 'microsandbox', transport: { kind: 'unix', path: '/none.sock' } },
      source: 'microsandbox',
      state: 'paused',
      ports: null,
    },
  ],
  notes: [],
  isUnsettled: true,
};
const settled: MicrosandboxFindings = { sandboxes: [], notes: [], isUnsettled: false };

let registry: SandboxRegistry;
let discovery: Disposable;
let problems: readonly string[];

beforeEach(() => {
  vi.useFakeTimers();
  world.looks = 0;
  problems = [];
  registry = new SandboxRegistry({ connect: connectAgent, logger: silentLogger, calls: new CallLog() });
});
afterEach(() => {
  discovery.dispose();
  registry.dispose();
  vi.useRealTimers();
});

async function start(): Promise<void> {
  discovery = startDiscovery(
    registry,
    { microsandbox: true, arcbox: false },
    { logger: silentLogger, onProblems: (told) => (problems = told) },
  );
  await vi.advanceTimersByTimeAsync(0);
}

test('a look that does not end is told, and no other one joins it', async () => {
  const answer = deferred();
  world.look = () => answer.promise.then(() => settled);
  await start();
  for (let second = 0; second < 60; second++) {
    world.tellNews();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(world.looks).toBe(1);
  expect(problems).toEqual([
    'microsandbox: Looking for sandboxes in /the/home takes long; its file system may not answer.',
  ]);
  world.look = () => Promise.resolve(settled);
  answer.resolve();
  await vi.advanceTimersByTimeAsync(1000);
  expect(problems).toEqual([]);
  // What happened meanwhile is one more look.
  expect(world.looks).toBe(2);
});

test('what is paused or on its way to another state is looked at again, ever more slowly, until it is settled', async () => {
  world.look = () => Promise.resolve(paused);
  await start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(world.looks).toBeGreaterThan(2);
  await vi.advanceTimersByTimeAsync(120_000);
  world.looks = 0;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(world.looks).toBeGreaterThan(15);
  expect(world.looks).toBeLessThan(25);
  expect(registry.get('microsandbox/t1')?.discovered?.state).toBe('paused');

  world.look = () => Promise.resolve(settled);
  await vi.advanceTimersByTimeAsync(60_000);
  world.looks = 0;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(world.looks).toBe(0);
});

test('looks that find what was found before change no list', async () => {
  world.look = () => Promise.resolve(paused);
  await start();
  await vi.advanceTimersByTimeAsync(1000);
  let changes = 0;
  registry.onDidChange(() => changes++);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(world.looks).toBeGreaterThan(5);
  expect(changes).toBe(0);
});

test('nothing is looked at any more once discovery has ended', async () => {
  world.look = () => Promise.resolve(paused);
  await start();
  discovery.dispose();
  world.looks = 0;
  world.tellNews();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(world.looks).toBe(0);
  expect(registry.ids()).toEqual([]);
});
