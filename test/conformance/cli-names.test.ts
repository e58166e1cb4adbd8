import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { runCli, startCli, type CliResult } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const home = tempDir();
const settings = join(home, 'settings.json');
const endpoint = `arcbox+unix://${home}/agent.sock`;

/** A machine where nothing is found but what a test puts there. */
const env = { HOME: home, XDG_CONFIG_HOME: home, SANDLIGHT_SETTINGS: settings, MSB_HOME: join(home, 'msb') };

function configure(...sandboxes: unknown[]): void {
  writeFileSync(
    settings,
    `// mine\n{ "sandlight.sandboxes": ${JSON.stringify(sandboxes).replace(/\]$/, ', /* last, */ ]')} }`,
  );
}

function run(...args: string[]): Promise<CliResult> {
  return runCli(args, '', env);
}

beforeAll(async () => {
  const nowhere = join(home, 'nowhere.sock');
  const agent = startCli(
    ...['agent', '--listen', endpoint, '--docker', nowhere, '--containerd', nowhere, '--exit-with-stdin'],
  );
  await vi.waitUntil(() => agent.stdout().includes('\n'), 20_000);
});

describe('a name stands for its sandbox', () => {
  test('that the settings configure', async () => {
    configure({ name: 'dev', endpoint }, { name: 'other', endpoint: 'arcbox+unix:///other.sock' });
    const { status, stdout } = await run('status', 'dev', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ endpoint });
  });

  test('but not when two have it: both are listed', async () => {
    configure({ name: 'dev', endpoint }, { name: 'dev', endpoint: 'arcbox+unix:///other.sock' });
    const { status, stderr } = await run('ping', 'dev');
    expect(status).toBe(2);
    expect(stderr).toContain(endpoint);
    expect(stderr).toContain('arcbox+unix:///other.sock');
  });

  test('never in front of a URL', async () => {
    configure({ name: endpoint, endpoint: 'arcbox+unix:///other.sock' });
    expect(await run('ping', endpoint, '--count', '1')).toMatchObject({ status: 0 });
  });

  test('and one that is none tells why there may be more', async () => {
    configure({ name: 'broken' });
    const { status, stderr } = await run('ping', 'dev');
    expect(status).toBe(2);
    expect(stderr).toContain('"dev" is neither an endpoint');
    expect(stderr).toContain('broken needs an endpoint');
  });

  test('and settings that cannot be read are no failure of an endpoint', async () => {
    writeFileSync(settings, '{');
    expect(await run('ping', endpoint, '--count', '1')).toMatchObject({ status: 0, stderr: '' });
    expect((await run('list')).stderr).toContain('is not JSON with comments');
  });
});

describe('list', () => {
  test('aligns what can be named under a header; JSON has what was discovered', async () => {
    configure({ name: 'dev', endpoint }, { name: '名前', endpoint: 'arcbox+unix:///other.sock' });
    const { stdout } = await run('list');
    expect(stdout.split('\n')).toEqual([
      'NAME  STATE  SOURCE    ENDPOINT',
      `dev   -      settings  ${endpoint}`,
      '名前  -      settings  arcbox+unix:///other.sock',
      '',
    ]);
    expect(await run('list', '--json')).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
  });

  test('shows the others when a daemon refuses, and says so on standard error', async () => {
    configure({ name: 'dev', endpoint });
    const socket = join(home, '.arcbox', 'run', 'arcbox.sock');
    mkdirSync(dirname(socket), { recursive: true });
    const daemon = createServer((client) => client.on('error', () => undefined).destroy());
    await new Promise<void>((resolve) => daemon.listen(socket, resolve));
    const { status, stdout, stderr } = await run('list');
    daemon.close();
    expect(status).toBe(0);
    expect(stdout).toContain('dev');
    expect(stderr).toContain('ArcBox could not be asked for its sandboxes');
  });

  test('has colour only where it is wanted', async () => {
    configure({ name: 'dev', endpoint });
    const coloured = '\u001b[1mNAME\u001b[0m';
    expect((await run('list')).stdout).not.toContain(coloured);
    expect((await runCli(['list'], '', { ...env, FORCE_COLOR: '1' })).stdout).toContain(coloured);
  });
});
