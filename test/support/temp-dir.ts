import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes a directory that is removed when the tests of the file are done. Its path is short enough for sockets. */
export function tempDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sandlight-'));
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
