import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kindOfPath, readSmallFile } from '../../../src/base/bounded-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const directory = tempDir();
const path = (name: string): string => join(directory, name);

test('a file up to the limit is read, with its time; anything else is as good as absent', async () => {
  writeFileSync(path('file'), 'text');
  symlinkSync(path('file'), path('link'));
  mkdirSync(path('folder'));
  expect(await readSmallFile(path('file'), 4)).toMatchObject({ text: 'text' });
  expect((await readSmallFile(path('link'), 100))?.modifiedMs).toBeGreaterThan(1.7e12);
  expect(await readSmallFile(path('file'), 3)).toBeUndefined();
  expect(await readSmallFile(path('folder'), 100)).toBeUndefined();
  expect(await readSmallFile(path('missing'), 100)).toBeUndefined();
  expect(await readSmallFile(path('a\0b'), 100)).toBeUndefined();
});

test.skipIf(process.platform === 'win32')(
  'pipes in the place of files cost no thread, however many there are',
  async () => {
    const pipes = Array.from({ length: 12 }, (_, index) => path(`pipe${index}`));
    execFileSync('mkfifo', pipes);
    expect(await Promise.all(pipes.map((pipe) => readSmallFile(pipe, 100)))).toEqual(
      pipes.map(() => undefined),
    );
    // With all threads waiting this would never come back.
    expect(await readFile(path('file'), 'utf8')).toBe(readFileSync(path('file'), 'utf8'));
  },
);

test.skipIf(process.platform === 'win32')('a device in the place of a file is not read', async () => {
  expect(await readSmallFile('/dev/zero', 100)).toBeUndefined();
});

test.skipIf(process.platform === 'win32')('what a path leads to', async () => {
  execFileSync('mkfifo', [path('pipe')]);
  chmodSync(path('file'), 0o000);
  expect(
    await Promise.all(['file', 'folder', 'pipe', 'missing'].map((name) => kindOfPath(path(name)))),
  ).toEqual(['file', 'folder', 'other', 'other']);
});
