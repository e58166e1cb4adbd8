import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { waitForPath, watchPath } from '../../../src/base/path-watch.ts';
import { tempDir } from '../../support/temp-dir.ts';

const directory = tempDir();
let folders = 0;

function freshFolder(): string {
  const path = join(directory, String(++folders));
  mkdirSync(path);
  return path;
}

/** Counts the events of a path. */
function countEvents(path: string): { count: number } {
  const events = { count: 0 };
  const watched = watchPath(path, () => events.count++);
  onTestFinished(() => {
    watched.dispose();
  });
  return events;
}

const patient = { timeout: 8000 };
const untilSeen = (events: { count: number }, more = 0): Promise<unknown> =>
  vi.waitUntil(() => events.count > more, patient);

test('an entry that appears, changes or goes is told to those who watch it, and to nobody else', async () => {
  const folder = freshFolder();
  const [own, other] = [countEvents(join(folder, 'own')), countEvents(join(folder, 'other'))];
  writeFileSync(join(folder, 'own'), '');
  await untilSeen(own);
  const before = own.count;
  rmSync(join(folder, 'own'));
  await untilSeen(own, before);
  expect(other.count).toBe(0);
});

test('a folder that does not exist yet, nor its parents, is waited for', async () => {
  const folder = join(freshFolder(), 'a', 'b');
  const events = countEvents(join(folder, 'socket'));
  mkdirSync(folder, { recursive: true });
  await untilSeen(events);
  const before = events.count;
  writeFileSync(join(folder, 'socket'), '');
  await untilSeen(events, before);
});

test('a folder that is removed or moved away, and made again, is watched again', async () => {
  const folder = join(freshFolder(), 'run');
  mkdirSync(folder);
  const events = countEvents(join(folder, 'socket'));
  rmSync(folder, { recursive: true });
  await untilSeen(events);
  mkdirSync(folder);
  await untilSeen(events, events.count);
  renameSync(folder, `${folder}-old`);
  await untilSeen(events, events.count);
  mkdirSync(folder);
  await untilSeen(events, events.count);
  const before = events.count;
  writeFileSync(join(folder, 'socket'), '');
  await untilSeen(events, before);
});

test('one that is told does not hear of it after it has left, and the others still do', async () => {
  const path = join(freshFolder(), 'entry');
  const left = countEvents(path);
  const watched = watchPath(path, () => undefined);
  const leaving = watchPath(path, () => left.count--);
  const stays = countEvents(path);
  watched.dispose();
  watched.dispose();
  leaving.dispose();
  writeFileSync(path, '');
  await untilSeen(stays);
  expect(left.count).toBeGreaterThan(0);
});

test.skipIf(process.platform !== 'linux')(
  'however many entries of a folder are watched, the folder is watched once',
  async () => {
    const folder = freshFolder();
    const first = watchPath(join(folder, 'first'), () => undefined);
    const before = await inotifyWatches();
    const more = Array.from({ length: 1000 }, (_, index) =>
      watchPath(join(folder, String(index)), () => undefined),
    );
    expect(await inotifyWatches()).toBe(before);
    for (const watched of [first, ...more]) watched.dispose();
    expect(await inotifyWatches()).toBe(before - 1);
  },
);

/** The folders that this process watches, as its kernel counts them. */
async function inotifyWatches(): Promise<number> {
  const { readdir, readFile } = await import('node:fs/promises');
  const descriptors = await readdir('/proc/self/fdinfo');
  const texts = await Promise.all(
    descriptors.map((name) => readFile(`/proc/self/fdinfo/${name}`, 'utf8').catch(() => '')),
  );
  return texts.join('').match(/^inotify wd/gm)?.length ?? 0;
}

test('waiting ends with an event, with the time, and with the signal', async () => {
  const path = join(freshFolder(), 'socket');
  const never = new AbortController();
  const appeared = waitForPath(path, 60_000, never.signal);
  writeFileSync(path, '');
  await appeared;
  await waitForPath(join(directory, 'quiet'), 1, never.signal);
  const aborted = new AbortController();
  const waiting = waitForPath(join(directory, 'quiet'), 60_000, aborted.signal);
  aborted.abort();
  await waiting;
  await waitForPath(join(directory, 'quiet'), 60_000, aborted.signal);
});

test('what cannot be watched is only waited for', async () => {
  const { signal } = new AbortController();
  await waitForPath('\\\\.\\pipe\\nothing', 1, signal);
  await waitForPath('/', 1, signal);
  await waitForPath(join(directory, 'a\0b'), 1, signal);
  writeFileSync(join(directory, 'file'), '');
  await waitForPath(join(directory, 'file', 'socket'), 1, signal);
});
