import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { listFolder } from '../../../../src/base/bounded-file.ts';
import { discoverMicrosandbox } from '../../../../src/sandboxes/sources/microsandbox/discover.ts';
import { watchMicrosandbox } from '../../../../src/sandboxes/sources/microsandbox/watch.ts';
import { bundleProgram } from '../../../support/bundled-program.ts';
import { FakeHome, hasSqlite, needsSqlite } from '../../../support/fake-home.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const nobody = 65534;
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
/** Memory, where the machine has a file system of it. */
const fastFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let fake: FakeHome;

beforeEach(async () => {
  fake = await FakeHome.make(fastFolder);
  vi.stubEnv('PATH', fake.binDir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

const program = join(tempDir(), 'discover-as.mjs');
beforeAll(() => {
  bundleProgram('discover-as.ts', program);
});

/** Runs discovery as `nobody`; the newest line that it printed is what it found. */
function discoverAsNobody(folder: string): { newest: () => unknown } {
  const child = spawn(process.execPath, [program, String(nobody), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill();
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { newest: () => JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as unknown };
}

describe('a home', () => {
  test('that is absent is not made by looking', async () => {
    await fake.installMsb(`/bin/mkdir -p "$MSB_HOME"; echo '[]'`);
    expect(await discoverMicrosandbox(fake.home)).toEqual({ sandboxes: [], notes: [], isUnsettled: false });
    expect(existsSync(fake.home.home)).toBe(false);
  });

  test('that is a file says so, once', async () => {
    await writeFile(fake.home.home, '');
    expect(await discoverMicrosandbox(fake.home)).toEqual({
      sandboxes: [],
      notes: [`${fake.home.home} is not a folder, so no sandboxes are shown. Remove it or correct MSB_HOME.`],
      isUnsettled: false,
    });
  });

  test.skipIf(!isRoot)(
    `that may not be entered says so, and is noticed when it may${isRoot ? '' : ' (needs Linux and root, to be another user)'}`,
    async () => {
      const { home } = fake.home;
      await fake.listenAs('t1');
      await chmod(fake.socketPath('t1'), 0o777);
      await chmod(join(home, '..'), 0o755);
      await chmod(home, 0);
      const { newest } = discoverAsNobody(home);
      await expect.poll(newest, { timeout: 20_000 }).toEqual({
        names: [],
        notes: [
          `This user may not enter ${home}, so no sandboxes are shown. Correct its owner and mode, or MSB_HOME.`,
        ],
      });
      await chmod(home, 0o755);
      await expect.poll(newest, { timeout: 20_000 }).toEqual({ names: ['sandbox 628b49d9'], notes: [] });
    },
    60_000,
  );

  test.skipIf(!isRoot || !hasSqlite)(
    `whose parts may not be read says which${isRoot ? needsSqlite : ' (needs Linux and root, to be another user)'}`,
    async () => {
      const { home, runDir } = fake.home;
      await fake.writeDatabase([['t1', 'Running']]);
      await fake.listenAs('t1');
      await chmod(join(home, '..'), 0o755);
      await chmod(join(home, 'db'), 0);
      await chmod(join(runDir, 'sandboxes'), 0);
      const { newest } = discoverAsNobody(home);
      await expect.poll(newest, { timeout: 20_000 }).toEqual({
        names: [],
        notes: [
          expect.stringContaining('The database of microsandbox cannot be read'),
          expect.stringContaining(`${runDir}/sandboxes cannot be read (EACCES`),
        ],
      });
    },
    60_000,
  );
});

describe.skipIf(!hasSqlite)(`a folder of 200,000 sockets that are none${needsSqlite}`, () => {
  const count = 200_000;
  let full: FakeHome;
  let folder: string;

  beforeAll(async () => {
    full = await FakeHome.make(fastFolder);
    folder = join(full.home.runDir, 'sandboxes');
    await mkdir(folder, { recursive: true });
    execFileSync('/bin/sh', ['-c', `PATH=/bin:/usr/bin; seq -f %024.0f ${count} | xargs touch`], {
      cwd: folder,
    });
    await full.writeDatabase([
      ['t1', 'Running'],
      ['t2', 'Stopped'],
    ]);
    await full.listenAs('t1');
  }, 60_000);
  afterAll(() => full.remove(), 60_000);

  test('is counted beyond a limit, and what is recorded is found in it', async () => {
    const { sandboxes, notes } = await discoverMicrosandbox(full.home);
    expect(sandboxes).toMatchObject([
      { name: 't1', state: 'running' },
      { name: 't2', state: 'stopped' },
    ]);
    expect(notes).toEqual([
      `${count + 1 - 4096} entries of ${folder} are not looked at: it holds more than 4096.`,
      expect.stringMatching(/^403\d sockets that belong to no known sandbox are not looked at\.$/),
    ]);
  }, 60_000);

  test('is read piece by piece, with a turn for everything else after each', async () => {
    let mostInOneTurn = 0;
    let inThisTurn = 0;
    const pattern = /./;
    pattern.test = () => {
      mostInOneTurn = Math.max(mostInOneTurn, ++inThisTurn);
      return true;
    };
    let turn = setImmediate(function begin() {
      inThisTurn = 0;
      turn = setImmediate(begin);
    });
    const { names, leftOut } = await listFolder(folder, pattern);
    clearImmediate(turn);
    expect(names.length + leftOut).toBe(count + 1);
    expect(mostInOneTurn).toBeLessThan(5000);
  });

  test('is watched all the same', async () => {
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const seen: (string | undefined)[] = [];
    await watchMicrosandbox(
      full.home,
      () => {
        void discoverMicrosandbox(full.home).then(({ sandboxes }) => seen.push(sandboxes[1]?.state));
      },
      stop.signal,
    );
    await writeFile(join(folder, 'news'), '');
    await expect.poll(() => seen.at(-1), { timeout: 20_000 }).toBe('stopped');
    await full.listenAs('t2');
    await expect.poll(() => seen.at(-1), { timeout: 20_000 }).toBe('running');
  }, 60_000);
});
