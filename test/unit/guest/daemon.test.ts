import { constants } from 'node:buffer';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startDaemon, type Daemon } from '../../../src/guest/daemon.ts';
import { temporaryFolder } from './support.ts';

/** Runs a shell script as a daemon, to its end. */
async function endedDaemon(logFile: string, script: string): Promise<Daemon> {
  const daemon = await startDaemon('/bin/sh', ['-c', script], { logFile, path: '/bin' });
  await vi.waitUntil(() => daemon.ended() !== undefined);
  return daemon;
}

describe.skipIf(process.platform === 'win32')("a daemon's last words (Unix)", () => {
  it('are the last line of its log that is not blank', async () => {
    const logFile = join(await temporaryFolder(), 'log');
    const daemon = await endedDaemon(logFile, 'echo first; echo cannot lock the data >&2; echo; exit 3');
    expect(await daemon.lastWords()).toBe(
      `exited with code 3; the last line of ${logFile}: cannot lock the data`,
    );
  });

  it('are found at the end of a log of any length', async () => {
    const logFile = join(await temporaryFolder(), 'log');
    await writeFile(logFile, '');
    // A hole in the file, longer than any text can be.
    await truncate(logFile, constants.MAX_STRING_LENGTH + 1);
    const daemon = await endedDaemon(logFile, 'echo; echo out of inodes');
    expect(await daemon.lastWords()).toContain(': out of inodes');
  });

  it('are nothing for a daemon that wrote nothing', async () => {
    const logFile = join(await temporaryFolder(), 'log');
    const daemon = await endedDaemon(logFile, 'exit 1');
    expect(await daemon.lastWords()).toBe(`exited with code 1; the last line of ${logFile}: `);
  });

  it('are short', async () => {
    const logFile = join(await temporaryFolder(), 'log');
    const daemon = await endedDaemon(logFile, "printf '%10000s' x");
    expect((await daemon.lastWords()).length).toBeLessThan(logFile.length + 400);
  });
});
