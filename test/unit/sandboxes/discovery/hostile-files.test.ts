import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { specOf } from '../../../../src/sandboxes/sources/discovery.ts';
import { discoverMicrosandbox } from '../../../../src/sandboxes/sources/microsandbox/discover.ts';
import { readHeartbeat } from '../../../../src/sandboxes/sources/microsandbox/heartbeat.ts';
import {
  resolveMicrosandboxHome,
  type MicrosandboxHome,
} from '../../../../src/sandboxes/sources/microsandbox/home.ts';
import { observeFromHost } from '../../../../src/sandboxes/sources/microsandbox/observe.ts';
import { listListeningSockets } from '../../../../src/sandboxes/sources/microsandbox/socket-liveness.ts';
import { plain } from '../../../../src/base/text.ts';
import { FakeHome } from '../../../support/fake-home.ts';

// Whoever reads one of these as an ordinary file waits for ever, with a thread that everybody shares.
const isPosix = process.platform !== 'win32';

let fake: FakeHome;
let home: MicrosandboxHome;

beforeEach(async () => {
  fake = await FakeHome.make();
  ({ home } = fake);
  vi.stubEnv('PATH', fake.binDir);
  vi.stubEnv('MSB_HOME', home.home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

async function makePipe(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  execFileSync('/usr/bin/mkfifo', [path]);
}

const heartbeatOf = (name: string): string => join(home.sandboxesDir, name, 'runtime', 'heartbeat.json');

const observe = (name: string): ReturnType<typeof observeFromHost> =>
  observeFromHost(
    specOf({
      name: plain`a sandbox`,
      recordName: name,
      endpoint: { protocol: 'microsandbox', transport: { kind: 'unix', path: '/none.sock' } },
      source: 'microsandbox',
      state: 'running',
      ports: null,
    }),
  );

async function writeBeat(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  await writeFile(path, JSON.stringify({ timestamp: new Date(nowMs).toISOString() }));
  await utimes(path, nowMs / 1000, nowMs / 1000);
}

describe.skipIf(!isPosix)('a heartbeat', () => {
  test('that is a pipe tells nothing, however many there are, and leaves files and names to others', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `t${index}`);
    for (const name of names) await makePipe(heartbeatOf(name));
    expect(await Promise.all(names.map(observe))).toEqual(names.map(() => undefined));
    expect(await readFile(import.meta.filename, 'utf8')).not.toBe('');
    expect((await lookup('localhost')).address).not.toBe('');
    await writeBeat(heartbeatOf('good'));
    expect(await observe('good')).toMatchObject({ clockOffsetMs: 0 });
  });

  test.each([
    [
      'a link to a pipe',
      async (path: string) => {
        await makePipe(`${path}.pipe`);
        await symlink(`${path}.pipe`, path);
      },
    ],
    [
      'a link to a device',
      async (path: string) => {
        await mkdir(dirname(path), { recursive: true });
        await symlink('/dev/zero', path);
      },
    ],
    [
      'a link to a good one elsewhere',
      async (path: string) => {
        await writeBeat(`${path}.elsewhere`);
        await symlink(`${path}.elsewhere`, path);
      },
    ],
    [
      'a link to itself',
      async (path: string) => {
        await mkdir(dirname(path), { recursive: true });
        await symlink(path, path);
      },
    ],
    ['a folder', (path: string) => mkdir(path, { recursive: true })],
    [
      'larger than any',
      async (path: string) => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, '');
        execFileSync('/usr/bin/truncate', ['-s', '1T', path]);
      },
    ],
  ])('that is %s tells nothing', async (_, make) => {
    await make(heartbeatOf('t1'));
    expect(await readHeartbeat(home, 't1')).toBeUndefined();
    await writeBeat(heartbeatOf('t2'));
    expect(await observe('t2')).toMatchObject({ clockOffsetMs: 0 });
  });
});

test.skipIf(!isPosix)('a configuration that is a pipe moves nothing', async () => {
  await makePipe(join(home.home, 'config.json'));
  expect(await resolveMicrosandboxHome({ MSB_HOME: home.home })).toEqual(home);
});

test.skipIf(!isPosix).each(['', '-wal', '-shm', '-journal'])(
  'a database whose file msb.db%s is a pipe is not opened',
  async (suffix) => {
    await mkdir(dirname(fake.databasePath), { recursive: true });
    await writeFile(fake.databasePath, '');
    if (suffix === '') execFileSync('/bin/rm', [fake.databasePath]);
    await makePipe(fake.databasePath + suffix);
    expect((await discoverMicrosandbox(home)).notes).toEqual([
      'The database of microsandbox cannot be read (it is not a regular file), so names and ports are unknown.',
    ]);
  },
);

test.skipIf(!isPosix)('a database of any size is not opened', async () => {
  await mkdir(dirname(fake.databasePath), { recursive: true });
  await writeFile(fake.databasePath, '');
  execFileSync('/usr/bin/truncate', ['-s', '1T', fake.databasePath]);
  expect((await discoverMicrosandbox(home)).notes).toEqual([
    'The database of microsandbox cannot be read (it is larger than 64 MiB), so names and ports are unknown.',
  ]);
});

test.skipIf(!isPosix)('a pipe where folders of sockets are expected is no folder', async () => {
  await makePipe(join(home.runDir, 'sandboxes'));
  expect((await discoverMicrosandbox(home)).sandboxes).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'of all listening sockets only those are kept that may be a relay',
  async () => {
    const { path } = await fake.listenAs('t1');
    await fake.listenAt(join(home.home, 'another.socket'));
    const listed = await listListeningSockets();
    expect(listed).toContain(path);
    expect([...listed].filter((listedPath) => !listedPath.endsWith('.sock'))).toEqual([]);
  },
);
