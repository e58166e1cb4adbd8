import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { cliPath, startCli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const directory = tempDir();
const endpoint = `arcbox+unix://${directory}/agent.sock`;
const patient = { timeout: 20_000 };

beforeAll(async () => {
  const nowhere = join(directory, 'nowhere.sock');
  const agent = startCli(
    ...['agent', '--listen', endpoint, '--docker', nowhere, '--containerd', nowhere, '--exit-with-stdin'],
  );
  await vi.waitUntil(() => agent.stdout().includes('\n'), patient);
});

test('without a terminal watch prints lines that people read', async () => {
  const watch = startCli('watch', endpoint);
  await vi.waitUntil(
    () => ['not ready', 'runtime: ', 'ports: '].every((text) => watch.stdout().includes(text)),
    patient,
  );
  watch.child.kill('SIGINT');
  const { status, stdout } = await watch.ended;
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\S+Z state: connecting$/m);
  expect(stdout).toMatch(/^\S+Z state: not ready$/m);
  expect(stdout).toMatch(/^\S+Z runtime: .*dockerd not_ready/m);
  expect(stdout).toMatch(/^\S+Z ports: none$/m);
  expect(stdout).not.toContain('{');
});

// script(1) of util-linux lends a terminal.
test.skipIf(process.platform !== 'linux')('on a terminal watch draws one view over', async () => {
  const command = `stty cols 100 rows 40; exec '${process.execPath}' '${cliPath}' watch '${endpoint}'`;
  const env = { ...process.env, TERM: 'xterm', SHELL: '/bin/sh' };
  const script = spawn('script', ['-qec', command, '/dev/null'], { env });
  let output = '';
  script.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await vi.waitUntil(() => output.includes('SERVICE'), patient);
  script.stdin.write('\u0003');
  await new Promise((resolve) => script.on('close', resolve));
  expect(output).toContain('\u001b[J');
  const lastView = output.slice(output.lastIndexOf('\u001b[J'));
  expect(lastView).toContain('not ready');
  expect(lastView).toContain('Ctrl+C ends');
  expect(output).not.toContain('"event"');
});
