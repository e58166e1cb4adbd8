import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { refuseToSetClock, setSystemClock } from '../../../src/guest/clock.ts';
import { temporaryFolder } from './support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Puts a `date` first on the PATH: a test must not set this machine's clock. */
async function dateIs(text: string): Promise<string> {
  const folder = await temporaryFolder();
  const date = join(folder, 'date');
  await writeFile(date, `#!/bin/sh\n${text}\n`);
  await chmod(date, 0o755);
  vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter));
  return folder;
}

describe.skipIf(process.platform !== 'linux')('setting the clock (Linux)', () => {
  it('hands the second to date, without a shell', async () => {
    const folder = await dateIs('echo "$@" >"$0.log"');
    expect(await setSystemClock(1_700_000_000n)).toBeUndefined();
    expect(await readFile(join(folder, 'date.log'), 'utf8')).toBe('-s @1700000000\n');
  });

  it("tells date's reason when it refuses", async () => {
    await dateIs('echo date: cannot set date: Operation not permitted >&2; exit 1');
    expect(await setSystemClock(1n)).toBe('date: cannot set date: Operation not permitted');
  });
});

it('is refused, with the reason, unless the agent was started to allow it', async () => {
  expect(await refuseToSetClock(1n)).toBe('the agent was started without --allow-clock-set');
});
