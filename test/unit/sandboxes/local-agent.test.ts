import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { LocalAgent, type LocalAgentOptions } from '../../../src/sandboxes/sources/local-agent.ts';

/** An agent whose program is `script`, which imitates how the bundled one may behave. It finds its arguments in `argv`. */
async function agentRunning(
  script: string,
  options: Partial<LocalAgentOptions> = {},
): Promise<{ agent: LocalAgent; start: () => void; log: () => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'local-agent-'));
  const cliPath = join(folder, 'cli.cjs');
  const logFile = join(folder, 'log');
  const prelude = `const argv = process.argv.slice(2);
    const note = (text) => require('node:fs').appendFileSync(${JSON.stringify(logFile)}, text + '\\n');`;
  await writeFile(cliPath, `${prelude}\n${script}`);
  await writeFile(logFile, '');
  const agent = new LocalAgent(silentLogger);
  onTestFinished(async () => {
    agent.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const start = (): void => {
    agent.start({ cliPath, dockerSocket: undefined, containerdSocket: undefined, ...options });
  };
  return { agent, start, log: () => readFile(logFile, 'utf8') };
}

const listens = `note(argv.join(' ')); console.log(JSON.stringify({ listening: [] })); process.stdin.resume();`;

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
    });
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
  });
  agent.stop();
  const runs = await log();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(agent.state.phase).toBe('stopped');
  expect(await log()).toBe(runs);
});
