import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { formatEndpoint } from '../../src/agent/endpoint.ts';
import { startCli, type CliRun } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { isRunning } from '../support/programs.ts';

// Each test hangs, or takes minutes, where a program does not end by itself.

const directory = tempDir();
const patient = { timeout: 20_000 };
const manyMs = '600000';

let silent: Server;
const clients: Socket[] = [];
const silentPath = join(directory, 'silent.sock');

beforeAll(async () => {
  silent = createServer((socket) => {
    clients.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => silent.listen(silentPath, resolve));
});

afterAll(() => {
  silent.close();
  for (const client of clients) client.destroy();
});

/** Starts a command and waits until it hangs in the silent peer. */
async function startHanging(...args: string[]): Promise<CliRun> {
  const before = clients.length;
  const run = startCli(...args, '--timeout', manyMs);
  await vi.waitUntil(() => clients.length > before, patient);
  return run;
}

describe('a command ends with a signal though its peer is silent', () => {
  test.each([
    ['status', 'SIGTERM'],
    ['ping', 'SIGINT'],
    ['info', 'SIGTERM'],
    ['runtime', 'SIGINT'],
    ['ensure', 'SIGTERM'],
    ['sync-clock', 'SIGINT'],
  ] as const)('%s, %s', async (command, signal) => {
    const { child, ended } = await startHanging(command, `arcbox+unix://${silentPath}`);
    child.kill(signal);
    expect(await ended).toMatchObject({ status: 4, stdout: '' });
  });

  test.each(['arcbox', 'arcbox-ttrpc', 'arcbox-grpc', 'microsandbox', 'microsandbox-direct'])(
    'ping over %s',
    async (protocol) => {
      const { child, ended } = await startHanging('ping', `${protocol}+unix://${silentPath}`);
      child.kill('SIGTERM');
      expect((await ended).status).not.toBeNull();
    },
  );

  test('touch', async () => {
    const { child, ended } = await startHanging('touch', `microsandbox+unix://${silentPath}`);
    child.kill('SIGTERM');
    expect((await ended).status).toBe(4);
  });

  test('ping over hybrid vsock', async () => {
    const { child, ended } = await startHanging('ping', `arcbox+hvsock://${silentPath}?port=1`);
    child.kill('SIGTERM');
    expect((await ended).status).toBe(4);
  });

  test('watch', async () => {
    const { child, ended } = await startHanging('watch', `arcbox+unix://${silentPath}`);
    child.kill('SIGINT');
    expect((await ended).status).toBe(0);
  });

  test.each([
    ['decode', '--wire', 'arcbox'],
    ['encode', '--wire', 'arcbox', '--message', 'AgentPingRequest'],
  ])('%s, whose input never ends', async (...args) => {
    const { child, ended, stdout } = startCli(...args);
    child.stdin.write(args[0] === 'decode' ? '00000006000000020000\n' : '{}\n');
    await vi.waitUntil(() => stdout() !== '', patient);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 4, stderr: 'Interrupted before the end of the input.\n' });
  });
});

describe.skipIf(process.platform === 'win32')('a program that does not want to end', () => {
  /** Starts a command over a program that ignores the end of its input, SIGTERM and SIGINT. */
  async function startStubborn(name: string): Promise<CliRun & { readonly pid: number }> {
    const pidFile = join(directory, name);
    const script = `trap "" TERM INT; echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; while :; do sleep 1; done`;
    const endpoint = formatEndpoint({
      protocol: 'arcbox',
      transport: { kind: 'exec', argv: ['sh', '-c', script] },
    });
    const run = startCli('ping', endpoint, '--timeout', manyMs);
    await vi.waitUntil(() => existsSync(pidFile), patient);
    return { ...run, pid: Number(readFileSync(pidFile, 'utf8')) };
  }

  test('ends with the command', async () => {
    const { child, ended, pid } = await startStubborn('first');
    child.kill('SIGTERM');
    expect((await ended).status).toBe(4);
    await vi.waitUntil(() => !isRunning(pid), patient);
  });

  test('is not waited for after a second signal', async () => {
    const { child, ended, pid } = await startStubborn('second');
    child.kill('SIGINT');
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
    await vi.waitUntil(() => !isRunning(pid), patient);
  });
});

describe('the reference agent ends with a signal though a client', () => {
  test.each([
    ['says nothing', ''],
    ['stops in the middle of a frame', '0000'],
    ['does not read its answers', '00000006000000040000'.repeat(5000)],
  ])('%s', async (_what, hex) => {
    const path = join(directory, `agent-${hex.length}.sock`);
    const nowhere = join(directory, 'nowhere.sock');
    const agent = startCli(
      ...['agent', '--listen', `arcbox+unix://${path}`, '--docker', nowhere, '--containerd', nowhere],
    );
    await vi.waitUntil(() => agent.stdout().includes('\n'), patient);
    const client = connect(path);
    client.on('error', () => undefined);
    clients.push(client);
    await new Promise((resolve) => client.once('connect', resolve));
    if (hex !== '') await new Promise((resolve) => client.write(Buffer.from(hex, 'hex'), resolve));
    agent.child.kill('SIGTERM');
    expect((await agent.ended).status).toBe(0);
  });
});
