import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatEndpoint } from '../../../../src/agent/endpoint.ts';
import { specOf } from '../../../../src/sandboxes/sources/discovery.ts';
import { discoverMicrosandbox, reconcile } from '../../../../src/sandboxes/sources/microsandbox/discover.ts';
import {
  relayAddresses,
  resolveMicrosandboxHome,
  sandboxHashes,
  type MicrosandboxHome,
} from '../../../../src/sandboxes/sources/microsandbox/home.ts';
import { parseHeartbeat, readHeartbeat } from '../../../../src/sandboxes/sources/microsandbox/heartbeat.ts';
import {
  isClockFree,
  maxPortsOfSandbox,
  portsOfConfig,
  portsOfTexts,
} from '../../../../src/sandboxes/sources/microsandbox/records.ts';
import { observeFromHost } from '../../../../src/sandboxes/sources/microsandbox/observe.ts';
import { watchMicrosandbox } from '../../../../src/sandboxes/sources/microsandbox/watch.ts';
import { FakeHome, hasSqlite, needsSqlite } from '../../../support/fake-home.ts';

let fake: FakeHome;
let home: MicrosandboxHome;

beforeEach(async () => {
  fake = await FakeHome.make();
  ({ home } = fake);
  vi.stubEnv('PATH', fake.binDir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

const discover = (): ReturnType<typeof discoverMicrosandbox> => discoverMicrosandbox(home);

test.skipIf(hasSqlite || process.platform === 'win32')(
  'a Node without SQLite says what it cannot read',
  async () => {
    await mkdir(dirname(fake.databasePath), { recursive: true });
    await writeFile(fake.databasePath, '');
    expect((await discover()).notes).toEqual([
      expect.stringMatching(
        /^The database of microsandbox cannot be read \(.*node:sqlite.*\), so names and ports are unknown\.$/,
      ),
    ]);
  },
);

describe('the home', () => {
  test('is MSB_HOME, or .microsandbox of the user', async () => {
    const named = join(home.home, 'named');
    expect(await resolveMicrosandboxHome({ MSB_HOME: named })).toEqual({
      home: named,
      runDir: join(named, 'run'),
      sandboxesDir: join(named, 'sandboxes'),
    });
    expect((await resolveMicrosandboxHome({})).home).toMatch(/[/\\]\.microsandbox$/);
  });

  test('may have its sandboxes elsewhere', async () => {
    await mkdir(home.home);
    await writeFile(join(home.home, 'config.json'), JSON.stringify({ paths: { sandboxes: '/elsewhere' } }));
    expect((await resolveMicrosandboxHome({ MSB_HOME: home.home })).sandboxesDir).toBe('/elsewhere');
    await writeFile(join(home.home, 'config.json'), '{"paths": {"sandboxes": 7}}');
    expect((await resolveMicrosandboxHome({ MSB_HOME: home.home })).sandboxesDir).toBe(home.sandboxesDir);
  });

  test('holds sockets under the hash of their name', () => {
    expect(sandboxHashes('t1')).toEqual({
      short: '628b49d96dcde97a430dd4f5',
      long: '628b49d96dcde97a430dd4f597705899',
    });
    expect(sandboxHashes('my-box').short).toBe('330dca4ffd4a2927b1c5eb77');
    expect(relayAddresses(home, 't1', 'win32')).toEqual([
      { kind: 'pipe', path: '\\\\.\\pipe\\msb-agent-628b49d96dcde97a430dd4f597705899' },
    ]);
  });
});

describe('a look around', () => {
  test('finds nothing, and complains of nothing, where there is no home', async () => {
    expect(await discover()).toEqual({ sandboxes: [], notes: [], isUnsettled: false });
  });

  test.skipIf(!hasSqlite)(
    `takes names and ports from the write-ahead log and what listens from the sockets${needsSqlite}`,
    async () => {
      const { path } = await fake.listenAs('t1');
      await fake.writeDatabase([
        ['t1', 'Running', [{ host_port: 8080, guest_port: 80, protocol: 'tcp', host_bind: '127.0.0.1' }]],
        ['t2', 'Stopped'],
        ['t3', 'Running'],
      ]);
      const { sandboxes, notes } = await discover();
      expect(notes).toEqual([]);
      expect(sandboxes).toMatchObject([
        {
          name: 't1',
          state: 'running',
          ports: [{ hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' }],
        },
        { name: 't2', state: 'stopped' },
        { name: 't3', state: 'dead', note: expect.stringContaining('recorded as Running') as string },
      ]);
      expect(formatEndpoint(sandboxes[0]!.endpoint)).toBe(`microsandbox+unix://${path}`);
    },
  );

  test.skipIf(!hasSqlite)(
    `shows a sandbox as dead whose socket file is still there but refuses${needsSqlite}`,
    async () => {
      const { server, path } = await fake.listenAs('t1');
      await new Promise((resolve) => server.close(resolve));
      const stale = createServer();
      // Closing removes the file; a killed process leaves it behind, as does a link to one.
      await new Promise<void>((resolve) => stale.listen(`${path}.real`, resolve));
      await symlink(`${path}.real`, path);
      await new Promise((resolve) => stale.close(resolve));
      await writeFile(`${path}.real`, '');
      await fake.writeDatabase([['t1', 'Running']]);
      expect((await discover()).sandboxes).toMatchObject([{ name: 't1', state: 'dead' }]);
    },
  );

  test.skipIf(!hasSqlite)(`prefers msb itself where it is installed${needsSqlite}`, async () => {
    await fake.writeDatabase([['from-database', 'Running']]);
    await fake.installMsb(
      `[ "$MSB_HOME" = "${home.home}" ] && [ "$*" = "ps -a --format json" ] && echo '[{"name":"from-msb","status":"Running","ports":["127.0.0.1:8080->80/tcp"]}]'`,
    );
    await fake.listenAs('from-msb');
    expect(await discover()).toMatchObject({
      sandboxes: [{ name: 'from-msb', state: 'running', ports: [{ hostPort: 8080, guestPort: 80 }] }],
      notes: [],
    });
  });

  test.skipIf(!hasSqlite)(
    `falls back to the database when msb fails, and says so${needsSqlite}`,
    async () => {
      await fake.installMsb('echo broken >&2; exit 3');
      await fake.writeDatabase([['t1', 'Stopped']]);
      const { sandboxes, notes } = await discover();
      expect(sandboxes).toMatchObject([{ name: 't1' }]);
      expect(notes).toEqual([expect.stringContaining('msb ps failed')]);
    },
  );

  test.skipIf(!hasSqlite)(`works with a database of an older schema${needsSqlite}`, async () => {
    await fake.writeDatabase([['old', 'Stopped']], false);
    expect((await discover()).sandboxes).toMatchObject([{ name: 'old', state: 'stopped' }]);
  });

  test.skipIf(!hasSqlite).each([
    [
      'of a schema not known yet',
      (database: DatabaseSync) => {
        database.exec('ALTER TABLE sandbox RENAME COLUMN status TO phase');
      },
    ],
    [
      'locked',
      (database: DatabaseSync) => {
        database.exec('PRAGMA journal_mode = DELETE');
        database.exec('BEGIN EXCLUSIVE');
      },
    ],
  ])('still shows the sockets when the database is %s', async (_, spoil) => {
    await fake.listenAs('t1');
    spoil(await fake.writeDatabase([['t1', 'Running']]));
    const { sandboxes, notes } = await discover();
    expect(sandboxes).toMatchObject([{ name: 'sandbox 628b49d9', state: 'running' }]);
    expect(notes).toEqual([expect.stringContaining('cannot be read')]);
  });

  test('names a socket that is also linked under its older name once', async () => {
    const { path } = await fake.listenAs('t1');
    await mkdir(join(home.runDir, 'agent'));
    await symlink(path, join(home.runDir, 'agent', `${sandboxHashes('t1').long}.sock`));
    expect((await discover()).sandboxes).toHaveLength(1);
  });

  test.skipIf(!hasSqlite)(`knows a sandbox of an older release by its older path${needsSqlite}`, async () => {
    await mkdir(join(home.runDir, 'agent'), { recursive: true });
    const path = join(home.runDir, 'agent', `${sandboxHashes('old').long}.sock`);
    await fake.listenAt(path);
    await fake.writeDatabase([['old', 'Running']]);
    const { sandboxes } = await discover();
    expect(sandboxes).toMatchObject([{ name: 'old', state: 'running', endpoint: { transport: { path } } }]);
  });

  test.skipIf(!hasSqlite)(
    `takes names of 128 bytes and of any script, and leaves out longer ones${needsSqlite}`,
    async () => {
      const names = ['x'.repeat(128), '日本語 🦀', "a'; DROP TABLE sandbox; --"];
      await fake.writeDatabase([...names, 'x'.repeat(129), ''].map((name) => [name, 'Stopped']));
      const { sandboxes, notes } = await discover();
      expect(sandboxes.map(({ name }) => name).sort()).toEqual([...names].sort());
      expect(notes).toEqual([expect.stringContaining('2 sandboxes are left out')]);
    },
  );

  test.skipIf(!hasSqlite)(
    `shows names as plain text and still tells apart those that look alike${needsSqlite}`,
    async () => {
      const lookAlike = ['bidi \u202etxt\u202c', 'bidi txt', 'nul\u0000\u001b[31m', 'nul'];
      const names = [...lookAlike, '\u200b', 'a/../b', 'quoted "\\'];
      await fake.writeDatabase(names.map((name) => [name, 'Stopped']));
      await fake.listenAs('bidi \u202etxt\u202c');
      const look = async (): Promise<Record<string, string>> =>
        Object.fromEntries((await discover()).sandboxes.map(specOf).map(({ id, name }) => [id, name]));
      const shown = await look();
      expect(shown).toEqual({
        'microsandbox/bidi \u202etxt\u202c': 'bidi txt',
        'microsandbox/bidi txt': 'bidi txt',
        'microsandbox/nul\u0000\u001b[31m': 'nul [31m',
        'microsandbox/nul': 'nul',
        'microsandbox/quoted "\\': 'quoted "\\',
        'microsandbox/\u200b': 'sandbox f4e48e66',
        'microsandbox/a/../b': 'a/../b',
      });
      expect(Object.entries(await look())).toEqual(Object.entries(shown));
      const states = (await discover()).sandboxes.map(({ recordName, state }) => [recordName, state]);
      expect(states).toContainEqual(['bidi \u202etxt\u202c', 'running']);
      expect(states).toContainEqual(['bidi txt', 'stopped']);
    },
  );
});

test('what was seen wins over what is recorded', () => {
  expect(reconcile('Running', true)).toEqual({ state: 'running' });
  expect(reconcile('Paused', true)).toEqual({ state: 'paused' });
  expect(reconcile('Stopped', true)).toMatchObject({ state: 'running', note: expect.any(String) as string });
  expect(reconcile('Draining', false)).toMatchObject({ state: 'dead' });
  expect(reconcile('Created', false)).toEqual({ state: 'stopped' });
  expect(reconcile('Starting', false)).toEqual({ state: 'starting' });
  expect(reconcile('Running', false)).toMatchObject({ state: 'dead' });
  expect(reconcile('Paused', false)).toMatchObject({ state: 'dead' });
  expect(reconcile('Stopped', false)).toEqual({ state: 'stopped' });
  expect(reconcile('Draining', true)).toEqual({ state: 'running', note: 'It is shutting down.' });
  expect(reconcile('Created', true)).toMatchObject({ state: 'running', note: expect.any(String) as string });
});

test('a word for a state that is not known is told, as plain text', () => {
  expect(reconcile('Melting\u202e\u001b[31m', true)).toEqual({
    state: 'running',
    note: 'It is recorded as Melting [31m.',
  });
  expect(reconcile('x'.repeat(1_000_000), false).note!.length).toBeLessThan(200);
});

test('ports that make no sense are left out', () => {
  expect(portsOfTexts(['[::1]:53->5353/udp'])).toEqual({
    ports: [{ hostAddress: '::1', hostPort: 53, guestPort: 5353, protocol: 'udp' }],
    leftOut: 0,
  });
  for (const text of ['127.0.0.1:0->80/tcp', '127.0.0.1:70000->80/tcp', 'nonsense', 7, null]) {
    expect(portsOfTexts([text])).toEqual({ ports: [], leftOut: 1 });
  }
  expect(portsOfConfig([{ host_port: '80', guest_port: 80 }, null, 5])).toEqual({ ports: [], leftOut: 3 });
  expect(portsOfConfig(null)).toBeNull();
  expect(portsOfTexts(undefined)).toBeNull();
});

test('a port on an address that is none does not exist, and is counted', () => {
  const port = { host_port: 8080, guest_port: 80, protocol: 'tcp' };
  const hosts = ['evil.example/phish?x=', '127.0.0.1', '0x7f.1', '::1', ''];
  const { ports, leftOut } = portsOfConfig(hosts.map((host_bind) => ({ ...port, host_bind })))!;
  expect(ports.map(({ hostAddress }) => hostAddress)).toEqual(['127.0.0.1', '::1', '']);
  expect(leftOut).toBe(2);
});

test('a sandbox has a limited number of ports, and the others are counted', () => {
  const port = { host_port: 8080, guest_port: 80 };
  const { ports, leftOut } = portsOfConfig(Array.from({ length: maxPortsOfSandbox + 44 }, () => port))!;
  expect([ports.length, leftOut]).toEqual([maxPortsOfSandbox, 44]);
});

test.each([
  [undefined, false],
  [null, false],
  ['sync', false],
  ['off', true],
  ['a policy of tomorrow', true],
  [7, false],
])('a guest clock policy of %j means %s', (policy, expected) => {
  expect(isClockFree(policy)).toBe(expected);
});

describe('the heartbeat', () => {
  const beat = {
    activity_seq: 33,
    timestamp: '2026-01-02T03:04:05.658469398Z',
    last_activity: '2026-01-02T03:03:05.658469398Z',
    active_exec_sessions: 1,
    active_fs_streams: 0,
    active_tcp_streams: 2,
  };
  const writtenMs = Date.parse('2026-01-02T03:04:05.658Z');

  test('tells drift, idleness and age', () => {
    expect(parseHeartbeat(JSON.stringify(beat), writtenMs + 3_600_000, writtenMs + 3_600_500)).toEqual({
      driftMs: -3_600_000,
      ageMs: 500,
      isStale: false,
      activitySeq: 33,
      idleMs: 60_000,
      activeSessions: 3,
    });
  });

  test('is stale when the agent stopped writing, and then says nothing of the clock', () => {
    expect(parseHeartbeat(JSON.stringify(beat), writtenMs, writtenMs + 60_000)).toMatchObject({
      isStale: true,
    });
  });

  test('is read from the sandbox, and only from below its folder', async () => {
    const folder = join(home.sandboxesDir, 't1', 'runtime');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'heartbeat.json'), JSON.stringify(beat));
    await utimes(join(folder, 'heartbeat.json'), writtenMs / 1000, writtenMs / 1000);
    expect((await readHeartbeat(home, 't1', writtenMs))?.driftMs).toBeCloseTo(0, 0);
    expect(await readHeartbeat(home, '../sandboxes/t1')).toBeUndefined();
    expect(await readHeartbeat(home, '..')).toBeUndefined();
    await writeFile(join(folder, 'heartbeat.json'), '{"timestamp": 5}');
    expect(await readHeartbeat(home, 't1')).toBeUndefined();
    await writeFile(join(folder, 'heartbeat.json'), JSON.stringify(beat).padEnd(65 * 1024));
    expect(await readHeartbeat(home, 't1')).toBeUndefined();
  });

  test.skipIf(!hasSqlite).each([
    [-900, 0],
    [900, 0],
    [-3_600_000, -3_600_000],
  ])('tells a drift of %i ms as %i ms, because it is good to a second', async (driftMs, toldMs) => {
    vi.stubEnv('MSB_HOME', home.home);
    const folder = join(home.sandboxesDir, 'a\u202eb', 'runtime');
    await mkdir(folder, { recursive: true });
    const nowMs = Math.floor(Date.now() / 1000) * 1000;
    const timestamp = new Date(nowMs + driftMs).toISOString();
    await writeFile(join(folder, 'heartbeat.json'), JSON.stringify({ timestamp }));
    await utimes(join(folder, 'heartbeat.json'), nowMs / 1000, nowMs / 1000);
    await fake.writeDatabase([['a\u202eb', 'Running']]);
    const [found] = (await discover()).sandboxes;
    expect(await observeFromHost(specOf(found!))).toMatchObject({ clockOffsetMs: toldMs });
  });
});

describe('watching', () => {
  test('tells of sandboxes that come and go, beginning before there is a home', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    await watchMicrosandbox(
      home,
      () => {
        void discover().then(({ sandboxes }) => seen.push(sandboxes.map(({ name }) => name).join()));
      },
      stop.signal,
    );
    const { server, path } = await fake.listenAs('t1');
    await expect.poll(() => seen.at(-1), { timeout: 8000 }).toBe('sandbox 628b49d9');
    await new Promise((resolve) => server.close(resolve));
    await rm(dirname(path), { recursive: true });
    await expect.poll(() => seen.at(-1), { timeout: 8000 }).toBe('');
    await fake.listenAs('t1');
    await expect.poll(() => seen.at(-1), { timeout: 8000 }).toBe('sandbox 628b49d9');
    stop.abort();
  });
});
