import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseListing } from '../../../../src/sandboxes/sources/microsandbox/cli.ts';
import { listFromDatabase } from '../../../../src/sandboxes/sources/microsandbox/database.ts';
import { discoverMicrosandbox } from '../../../../src/sandboxes/sources/microsandbox/discover.ts';
import { maxInventoryEntries } from '../../../../src/sandboxes/sources/microsandbox/records.ts';
import { FakeHome, hasSqlite, needsSqlite } from '../../../support/fake-home.ts';

let fake: FakeHome;

beforeEach(async () => {
  fake = await FakeHome.make();
  vi.stubEnv('PATH', fake.binDir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

const discover = (): ReturnType<typeof discoverMicrosandbox> => discoverMicrosandbox(fake.home);

describe.skipIf(!hasSqlite)(`the database${needsSqlite}`, () => {
  test('with more sandboxes than are listed tells how many more, and lists the newest', async () => {
    const database = await fake.writeDatabase([]);
    const total = maxInventoryEntries + 3000;
    database.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${total})
       INSERT INTO sandbox (name, config, status) SELECT 'box ' || i, '{}', 'Stopped' FROM n`,
    );
    const { sandboxes, notes } = await discover();
    expect(sandboxes).toHaveLength(maxInventoryEntries);
    expect(sandboxes.map(({ recordName }) => recordName)).toContain(`box ${total}`);
    expect(notes).toEqual(['3000 sandboxes are left out: too many, or with unusable names.']);
  }, 30_000);

  test('with one unusable name says so of one', async () => {
    await fake.writeDatabase([
      ['good', 'Stopped'],
      ['x'.repeat(129), 'Stopped'],
    ]);
    expect((await discover()).notes).toEqual([
      'One sandbox is left out: there are too many, or its name cannot be used.',
    ]);
  });

  test('tells whose clock is left alone, by what runs now, also where msb lists the sandboxes', async () => {
    const database = await fake.writeDatabase(
      ['free', 'kept', 'plain', 'damaged', 'huge'].map((name) => [name, 'Running']),
    );
    const configure = database.prepare('UPDATE sandbox SET config = ?, active_config = ? WHERE name = ?');
    const policy = (guest_clock: string): string => JSON.stringify({ runtime: { guest_clock } });
    configure.run(policy('sync'), policy('off'), 'free');
    configure.run(policy('off'), policy('sync'), 'kept');
    configure.run('{"runtime": {', null, 'damaged');
    configure.run(policy('off').padEnd(300 * 1024), null, 'huge');
    const clocks = async (): Promise<unknown> =>
      Object.fromEntries((await discover()).sandboxes.map(({ name, isClockFree }) => [name, isClockFree]));
    const expected = { free: true, kept: undefined, plain: undefined, damaged: undefined, huge: undefined };
    expect(await clocks()).toEqual(expected);
    const rows = Object.keys(expected).map((name) => ({ name, status: 'Running' }));
    await writeFile(join(dirname(fake.binDir), 'rows'), JSON.stringify(rows));
    await fake.installMsb(`/bin/cat "${join(dirname(fake.binDir), 'rows')}"`);
    expect(await clocks()).toEqual(expected);
  });

  test('whose configuration is not understood tells no ports instead of none', async () => {
    const database = await fake.writeDatabase([
      ['damaged', 'Running'],
      ['none', 'Running'],
    ]);
    database.exec(`UPDATE sandbox SET config = '{"network": {"ports": [' WHERE name = 'damaged'`);
    expect((await discover()).sandboxes).toMatchObject([
      { name: 'damaged', ports: null },
      { name: 'none', ports: [] },
    ]);
  });

  test('keeps its secrets, whatever is wrong with it', async () => {
    const database = await fake.writeDatabase([['t1', 'Running']]);
    for (const config of [
      `{"env": ["KEY=hunter2"], "runtime": {"guest_clock": "off"}}`,
      `{"env": ["KEY=hunter2"]`,
      `{"env": ["KEY=hunter2"], "network": {"ports": "hunter2"}}`,
    ]) {
      database.prepare('UPDATE sandbox SET config = ?').run(config);
      expect(JSON.stringify([await discover(), await listFromDatabase(fake.home.home)])).not.toContain(
        'hunter2',
      );
    }
  });

  test.each([
    [
      'a view that never ends',
      `CREATE VIEW sandbox AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS name, 'Running' AS status, '{}' AS config FROM n`,
    ],
    [
      'a column that is made when it is read',
      `CREATE TABLE sandbox (name text, status text, config text AS (hex(zeroblob(500000000))))`,
    ],
    ['a table of another program', `CREATE VIRTUAL TABLE sandbox USING fts5(name, status, config)`],
  ])('that is %s is not read', async (_, schema) => {
    (await fake.makeDatabase()).exec(schema);
    expect((await discover()).notes).toEqual([
      'The database of microsandbox cannot be read (its tables are not understood), so names and ports are unknown.',
    ]);
  });

  test('with names that are no texts counts them', async () => {
    const database = await fake.writeDatabase([['t1', 'Stopped']]);
    database.exec(
      `INSERT INTO sandbox (name, config, status) VALUES (x'00ff', '{}', 'Stopped'), (NULL, '{}', 'Stopped')`,
    );
    const { sandboxes, notes } = await discover();
    expect(sandboxes).toHaveLength(1);
    expect(notes).toEqual(['2 sandboxes are left out: too many, or with unusable names.']);
  });
});

describe('msb', () => {
  beforeEach(() => mkdir(fake.home.home));

  test('that prints too much says so, and the database or the sockets take its place', async () => {
    await fake.listenAs('t1');
    await fake.installMsb(
      'while :; do echo "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["; done',
    );
    const { sandboxes, notes } = await discover();
    expect(notes).toEqual(['msb ps failed (it printed more than 8 MiB).']);
    expect(sandboxes).toMatchObject([{ name: 'sandbox 628b49d9', ports: null }]);
  }, 30_000);

  test('that fails is quoted, as plain text and briefly', async () => {
    await fake.installMsb(
      `printf '\\n\\033]0;title\\007error: \\342\\200\\256 no such home %01000d\\nmore' 7 >&2; exit 2`,
    );
    expect((await discover()).notes).toEqual([
      expect.stringMatching(/^msb ps failed \(\]0;title error: no such home 0+…\)\.$/),
    ]);
    expect((await discover()).notes[0]!.length).toBeLessThan(230);
  });

  test('that says nothing when it fails is told with what is known', async () => {
    await fake.installMsb('exit 3');
    expect((await discover()).notes).toEqual(['msb ps failed (Command failed: msb ps -a --format json).']);
  });

  test('whose rows cannot be read, or are too many, has them counted', () => {
    const good = { name: 'good', status: 'Running', ports: [] };
    const listing = (rows: readonly unknown[]): unknown => parseListing(JSON.stringify(rows));
    expect(listing([good, null, { name: 7, status: 'Running' }, { name: 'no status' }])).toMatchObject({
      entries: [{ name: 'good' }],
      leftOut: 3,
    });
    expect(listing(Array.from({ length: maxInventoryEntries + 5 }, () => good))).toMatchObject({
      leftOut: 5,
    });
  });

  test('that does not tell ports leaves them unknown', () => {
    expect(parseListing('[{"name": "t1", "status": "Running"}]')).toMatchObject({
      entries: [{ ports: null }],
    });
  });
});
