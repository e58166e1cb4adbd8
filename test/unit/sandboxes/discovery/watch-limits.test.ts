import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  maxWatchedSandboxes,
  watchMicrosandbox,
} from '../../../../src/sandboxes/sources/microsandbox/watch.ts';

/** What stands in for the file system: so many folders of sandboxes, and how it takes to being watched. */
const world = vi.hoisted(() => ({
  folders: 0,
  beforeWatch: (): void => undefined,
  beforeAnswer: (): void => undefined,
  watched: new Set<string>(),
}));
vi.mock('../../../../src/base/bounded-file.ts', () => ({
  kindOfPath: () => {
    world.beforeAnswer();
    return Promise.resolve('folder');
  },
  listFolder: () =>
    Promise.resolve({ names: Array.from({ length: world.folders }, (_, index) => `f${index}`), leftOut: 0 }),
}));
vi.mock('node:fs', () => ({
  watch: (path: string) => {
    world.beforeWatch();
    world.watched.add(path);
    return Object.assign(new EventEmitter(), { close: () => world.watched.delete(path) });
  },
}));

const home = { home: '/home', runDir: '/home/run', sandboxesDir: '/home/sandboxes' };
let stop: AbortController;
let looks: number;

beforeEach(() => {
  vi.useFakeTimers();
  world.beforeWatch = () => undefined;
  world.beforeAnswer = () => undefined;
  stop = new AbortController();
  looks = 0;
});
afterEach(() => {
  stop.abort();
  expect(world.watched.size).toBe(0);
  vi.useRealTimers();
});

async function watchFor(durationMs: number): Promise<void> {
  void watchMicrosandbox(home, () => looks++, stop.signal);
  await vi.advanceTimersByTimeAsync(durationMs);
}

test('where all folders are watched nothing is polled', async () => {
  world.folders = maxWatchedSandboxes;
  await watchFor(600_000);
  expect(looks).toBe(0);
  expect(world.watched.size).toBe(maxWatchedSandboxes + 5);
});

test('everything is watched when it says so, and then somebody may look', async () => {
  world.folders = 3;
  await watchMicrosandbox(home, () => looks++, stop.signal);
  expect(world.watched.size).toBe(3 + 5);
});

test('while there are more folders than are watched somebody looks twice a minute', async () => {
  world.folders = maxWatchedSandboxes + 1;
  await watchFor(600_000);
  expect(looks).toBeGreaterThan(16);
  expect(looks).toBeLessThan(24);
  expect(world.watched.size).toBe(maxWatchedSandboxes + 5);
});

test('where the system has no watches left somebody looks twice a minute', async () => {
  world.folders = 0;
  world.beforeWatch = () => {
    throw new Error('ENOSPC: System limit for number of file watchers reached');
  };
  await watchFor(600_000);
  expect(looks).toBeGreaterThan(16);
  expect(looks).toBeLessThan(24);
});

test('nothing is looked at once the watch has ended', async () => {
  world.folders = maxWatchedSandboxes + 1;
  await watchFor(1000);
  stop.abort();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks).toBe(0);
});

test('nothing is watched any more when the watch ends while it is being set up', async () => {
  world.folders = 0;
  world.beforeWatch = () => {
    if (stop.signal.aborted) return;
    // Folders that could not be watched are asked for, and tried, once more.
    world.beforeAnswer = () => {
      stop.abort();
    };
    throw new Error('EACCES: permission denied');
  };
  await watchFor(1000);
  expect(stop.signal.aborted).toBe(true);
  expect([...world.watched]).toEqual([]);
});
