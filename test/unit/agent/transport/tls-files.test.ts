import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTlsFiles } from '../../../../src/agent/transport/tls-files.ts';
import { matching } from '../../../support/matching.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const directory = tempDir();
const path = (name: string): string => join(directory, name);

it('reads the files that are named', async () => {
  writeFileSync(path('ca.pem'), 'authority');
  expect(await readTlsFiles({ caFile: path('ca.pem'), serverName: 'agent.test' })).toEqual({
    ca: 'authority',
    cert: undefined,
    key: undefined,
    serverName: 'agent.test',
  });
});

it('refuses a file that no certificate needs, and says what is wrong with one that cannot be read', async () => {
  writeFileSync(path('large.pem'), Buffer.alloc(1024 * 1024 + 1));
  for (const [name, why] of [
    ['large.pem', /The CA for TLS cannot be read \(it is larger than 1048576 bytes\)/],
    ['missing.pem', /The CA for TLS cannot be read \(ENOENT/],
    ['.', /The CA for TLS cannot be read \(it is not a regular file\)/],
  ] as const) {
    await expect(readTlsFiles({ caFile: path(name) })).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(why),
    });
  }
});

it.skipIf(process.platform === 'win32')('does not wait for a pipe that nobody writes into', async () => {
  execFileSync('mkfifo', [path('pipe.pem')]);
  await expect(readTlsFiles({ keyFile: path('pipe.pem') })).rejects.toMatchObject({
    message: matching(/The key for TLS cannot be read \(it is not a regular file\)/),
  });
});
