import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  LocalAgent,
  maxLogLinesPerMinute,
  type LocalAgentOptions,
} from '../../../src/sandboxes/sources/local-agent.ts';
import { removeStalePlaces } from '../../../src/sandboxes/sources/local-agent-place.ts';

/** An agent whose program is `script`, which imitates how the bundled one may behave. It finds its arguments in `argv`. */
async function agentRunning(
  script: string,
  options: Partial<LocalAgentOptions> = {},
): Promise<{ agent: LocalAgent; start: () => void; log: () => Promise<string>; logged: string[] }> {
  const logged: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'local-agent-'));
  const cliPath = join(folder, 'cli.cjs');
  const logFile = join(folder, 'log');
  const prelude = `const argv = process.argv.slice(2);
    const note = (text) => require('node:fs').appendFileSync(${JSON.stringify(logFile)}, text + '\\n');`;
  await writeFile(cliPath, `${prelude}\n${script}`);
  await writeFile(logFile, '');
  const agent = new LocalAgent({ ...silentLogger, info: (line) => logged.push(line) });
  onTestFinished(async () => {
    agent.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const start = (): void => {
    agent.start({ cliPath, dockerSocket: undefined, containerdSocket: undefined, ...options });
  };
  return { agent, start, log: () => readFile(logFile, 'utf8'), logged };
}

/** Makes the folder of its socket, and the socket, as the bundled agent does. */
const makesFolder = `const path = argv[2].replace('arcbox+unix://', '');
  require('node:fs').mkdirSync(require('node:path').dirname(path), { recursive: true, mode: 0o700 });
  require('node:net').createServer().listen(path).unref();`;
const listens = `${process.platform === 'win32' ? '' : makesFolder}
  note(argv.join(' ')); setImmediate(() => console.log(JSON.stringify({ listening: [] }))); process.stdin.resume();`;

/** The folder that a run was told to listen in. */
const folderIn = (log: string): string => dirname(/arcbox\+unix:\/\/(\S+)/.exec(log)![1]!);

test.skipIf(process.platform === 'win32')(
  'is running once it listens, with the sockets it was given, and only this user reaches it',
  async () => {
    const { agent, start, log } = await agentRunning(listens, {
      dockerSocket: '/d.sock',
      containerdSocket: '/c.sock',
    });
    start();
    expect(agent.state.phase).toBe('starting');
    await vi.waitFor(() => {
      expect(agent.state.phase).toBe('running');
    }, 8000);
    expect(await log()).toMatch(
      /^agent --listen arcbox\+unix:\S+\/agent\.sock --json --exit-with-stdin --docker \/d\.sock --containerd \/c\.sock\n$/,
    );
    if (agent.state.phase !== 'running' || agent.state.endpoint.transport.kind !== 'unix') return;
    const folder = dirname(agent.state.endpoint.transport.path);
    expect(existsSync(folder)).toBe(true);
    agent.stop();
    expect(agent.state).toEqual({ phase: 'stopped' });
    expect(existsSync(folder)).toBe(false);
  },
);

describe.skipIf(process.platform === 'win32')('the folder of its socket', () => {
  test('cannot be foreseen, and is made by nobody but the agent', async () => {
    const { start, log } = await agentRunning(`note(argv.join(' ')); process.stdin.resume();`);
    start();
    await vi.waitFor(async () => {
      expect(await log()).not.toBe('');
    }, 8000);
    const folder = folderIn(await log());
    expect(folder).toMatch(/\/sandlight-[\w-]{22}$/);
    expect(existsSync(folder)).toBe(false);
  });

  test('is gone when the agent was killed', async () => {
    const { agent, start, log } = await agentRunning(
      `${makesFolder} note(argv.join(' ')); setImmediate(() => process.kill(process.pid, 'SIGKILL'));`,
    );
    start();
    await vi.waitFor(() => {
      expect(agent.state.phase).toBe('failed');
    }, 8000);
    const folder = folderIn(await log());
    agent.stop();
    expect(existsSync(folder)).toBe(false);
  });

  test('is refused when others can change it', async () => {
    const { agent, start } = await agentRunning(
      `${makesFolder} require('node:fs').chmodSync(require('node:path').dirname(path), 0o770);
       console.log(JSON.stringify({ listening: [] })); process.stdin.resume();`,
    );
    const phases: string[] = [];
    agent.onDidChange((state) => phases.push(state.phase));
    start();
    await vi.waitFor(() => {
      expect(agent.state).toMatchObject({
        reason: 'it ended with signal SIGKILL; its last words: others can change the folder of its socket',
      });
    }, 8000);
    expect(phases).not.toContain('running');
  });
});

test('what it says is logged as plain text, and no more than so many lines a minute', async () => {
  const { agent, start, logged } = await agentRunning(
    `for (let n = 0; n < 5000; n++) console.error('\\u001b]0;line\\u202e ' + n + 'x'.repeat(9000)); process.exit(1);`,
  );
  start();
  await vi.waitFor(() => {
    expect(agent.state.phase).toBe('failed');
  }, 8000);
  agent.stop();
  expect(logged.length).toBeLessThanOrEqual(2 * maxLogLinesPerMinute);
  expect(logged[0]).toMatch(/^local agent: \]0;line 0x+…$/);
  expect(Math.max(...logged.map(({ length }) => length))).toBeLessThan(400);
});

test.skipIf(process.platform === 'win32')(
  'folders that were left behind are removed when they are ours, old, and nobody listens there',
  async () => {
    const parent = await mkdtemp(join(tmpdir(), 'stale-'));
    const server = createServer();
    onTestFinished(async () => {
      server.close();
      await rm(parent, { recursive: true, force: true });
    }, 8000);
    const old = 'sandlight-AAAAAAAAAAAAAAAAAAAAAA';
    const make = async (name: string, file?: string): Promise<string> => {
      const folder = join(parent, name);
      await mkdir(folder, { mode: 0o700 });
      if (file !== undefined) await writeFile(join(folder, file), '');
      await utimes(folder, 0, 0);
      return folder;
    };
    await make(old, 'agent.sock');
    await make('sandlight-x8jK2a');
    await make('sandlight-named.by.somebody');
    await make('sandlight-hOldsWhatIsNotOurs1234', 'letters.txt');
    await chmod(await make('sandlight-0penToOthersIsNot_0urs'), 0o755);
    const live = await make('sandlight-livelivelivelivelive12');
    await new Promise<void>((resolve) => server.listen(join(live, 'agent.sock'), resolve));
    await utimes(live, 0, 0);
    await mkdir(join(parent, 'sandlight-youngyoungyoungyoungyo'), { mode: 0o700 });
    expect(await removeStalePlaces(parent)).toBe(2);
    expect((await readdir(parent)).sort()).toEqual([
      'sandlight-0penToOthersIsNot_0urs',
      'sandlight-hOldsWhatIsNotOurs1234',
      'sandlight-livelivelivelivelive12',
      'sandlight-named.by.somebody',
      'sandlight-youngyoungyoungyoungyo',
    ]);
  },
);

test('one that ends is told with its last words, and started again', async () => {
  const { agent, start, log } = await agentRunning(`note('run'); console.error('no luck'); process.exit(3);`);
  const reasons: string[] = [];
  agent.onDidChange((state) => {
    if (state.phase === 'failed') reasons.push(state.reason);
  });
  start();
  await vi.waitFor(() => {
    expect(reasons.length).toBeGreaterThan(1);
  }, 8000);
  expect(reasons[0]).toBe('it ended with code 3; its last words: no luck');
  expect((await log()).length).toBeGreaterThan('run\n'.length);
});

test('stopping ends the attempts to start it again', async () => {
  const { agent, start, log } = await agentRunning(`note('run'); process.exit(1);`);
  start();
  await vi.waitFor(() => {
    expect(agent.state.phase).toBe('failed');
  }, 8000);
  agent.stop();
  const runs = await log();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(agent.state.phase).toBe('stopped');
  expect(await log()).toBe(runs);
});
