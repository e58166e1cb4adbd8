import { spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeCbor } from '../../src/agent/microsandbox/cbor.ts';
import { encodeMicrosandboxEnvelope } from '../../src/agent/microsandbox/envelope.ts';
import { encodeMicrosandboxFrame } from '../../src/agent/microsandbox/frame.ts';
import { cliPath, startCli } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));
const servers: Server[] = [];

/** A program of ours that goes on, and the JSON that it has printed. */
function start(...args: string[]): {
  child: ChildProcessWithoutNullStreams;
  lines: () => Record<string, unknown>[];
} {
  const { child, stdout } = startCli(...args);
  const lines = (): Record<string, unknown>[] =>
    stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { child, lines };
}

async function startAgent(
  ...listen: string[]
): Promise<{ child: ChildProcessWithoutNullStreams; listening: string[] }> {
  const nowhere = join(folder, 'no-docker.sock');
  const agent = start(
    'agent',
    ...listen.flatMap((endpoint) => ['--listen', endpoint]),
    ...['--docker', nowhere, '--containerd', nowhere, '--exit-with-stdin'],
  );
  await vi.waitFor(() => {
    expect(agent.lines()).toHaveLength(1);
  }, 20_000);
  return { child: agent.child, listening: agent.lines()[0]!['listening'] as string[] };
}

/** Runs a command to its end; standard output must be exactly one JSON value. */
function run(...args: string[]): { status: number | null; json: Record<string, unknown> } {
  const { status, stdout } = spawnSync(process.execPath, [cliPath, ...args, '--json'], { encoding: 'utf8' });
  return { status, json: JSON.parse(stdout) as Record<string, unknown> };
}

/** Runs while this process goes on answering. */
async function runBeside(
  ...args: string[]
): Promise<{ status: number | null; json: Record<string, unknown> }> {
  const { child, lines } = start(...args, '--json');
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, json: lines()[0] ?? {} };
}

async function serve(name: string, accept: (socket: Socket) => void): Promise<string> {
  const path = join(folder, name);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    accept(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return `arcbox+unix://${path}`;
}

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

describe('against the reference agent', () => {
  let endpoints: string[];
  beforeAll(async () => {
    const { listening } = await startAgent(
      `arcbox+unix://${folder}/agent.sock`,
      'arcbox+tcp://127.0.0.1:47113',
    );
    endpoints = listening;
  });

  test.each([0, 1])('every command answers, over transport %i', (index) => {
    const endpoint = endpoints[index]!;
    const status = run('status', endpoint);
    expect(status).toMatchObject({
      status: 0,
      json: { endpoint, protocol: 'arcbox', readiness: 'not_ready', ports: [], boot: null },
    });
    expect(status.json['capabilities']).toContain('port_notifications');
    expect(run('ping', endpoint, '--count', '3')).toMatchObject({
      status: 0,
      json: { count: 3, message: 'pong: ping' },
    });
    expect(Number(run('info', endpoint).json['totalMemory'])).toBeGreaterThan(1e8);
    expect(run('runtime', endpoint).json['services']).toHaveLength(3);
  });

  test('status --check says no unless it is ready, after everything that plain status tells', () => {
    const plainStatus = spawnSync(process.execPath, [cliPath, 'status', endpoints[0]!], { encoding: 'utf8' });
    expect(plainStatus.status).toBe(0);
    for (const words of [
      'not ready',
      'clock',
      'system',
      'uptime',
      'SERVICE',
      'dockerd',
      'No port is published',
    ])
      expect(plainStatus.stdout).toContain(words);
    expect(run('status', endpoints[0]!, '--check')).toMatchObject({
      status: 1,
      json: { readiness: 'not_ready' },
    });
  });

  test('ensure without starting says what is, and how long it took; what is not ready is a no', () => {
    const { status, json } = run('ensure', endpoints[0]!, '--no-start');
    expect(status).toBe(1);
    expect(json).toMatchObject({ status: 'failed' });
    expect(json['elapsedMs']).toBeTypeOf('number');
  });

  test('an agent that may not set its clock makes sync-clock fail, saying why', () => {
    const { status, json } = run('sync-clock', endpoints[0]!);
    expect(status).toBe(1);
    expect(json).toMatchObject({ error: { code: 'not_permitted' } });
    expect((json['error'] as { message: string }).message).toContain('--allow-clock-set');
  });
});

test('watch prints state, runtime and ports, and goes on by itself when the agent comes back', async () => {
  const endpoint = `arcbox+unix://${folder}/watched.sock`;
  const first = await startAgent(endpoint);
  const watch = start('watch', endpoint, '--json');
  const events = (): unknown[] =>
    watch.lines().map(({ event, state }) => (event === 'state' ? state : event));
  await vi.waitFor(() => {
    expect(events()).toEqual(expect.arrayContaining(['connecting', 'open', 'runtime', 'ports']));
  }, 20_000);
  expect(events()[0]).toBe('connecting');
  first.child.kill();
  await vi.waitFor(() => {
    expect(events()).toContain('backoff');
  }, 20_000);
  const before = events().length;
  await startAgent(endpoint);
  await vi.waitFor(() => {
    expect(events().slice(before)).toContain('open');
  }, 40_000);
  watch.child.kill('SIGINT');
  expect(await new Promise((resolve) => watch.child.on('close', resolve))).toBe(0);
});

test('an agent told so ends with its standard input', async () => {
  const { child } = await startAgent(`arcbox+unix://${folder}/leaving.sock`);
  child.stdin.end();
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
});

describe('failures have their exit code and one JSON error', () => {
  test.each([
    [['status', '/not/an/endpoint'], 2, 'invalid_endpoint'],
    [['status'], 2, 'usage'],
    [['ping', 'arcbox+unix:///a', '--count', 'many'], 2, 'usage'],
    [['ping', 'arcbox+unix:///a', '--nonsense'], 2, 'usage'],
    [['nonsense'], 2, 'usage'],
    [['status', 'arcbox+unix:///nonexistent/agent.sock'], 3, 'unreachable'],
    [['status', 'arcbox+unix:///etc/hostname'], 3, 'unreachable'],
    [['status', 'arcbox+tcp://127.0.0.1:1'], 3, 'unreachable'],
  ])('%j', (args, status, code) => {
    const result = run(...args);
    expect(result).toMatchObject({ status, json: { error: { code } } });
  });

  test('an endpoint that accepts and says nothing times out, and is named', async () => {
    const endpoint = await serve('silent.sock', () => undefined);
    const { status, json } = await runBeside('ping', endpoint, '--timeout', '300');
    expect(status).toBe(4);
    expect(json).toMatchObject({ error: { code: 'timeout' } });
    expect((json['error'] as { message: string }).message).toContain(endpoint);
  });

  test('another protocol is recognised', async () => {
    const endpoint = await serve('http.sock', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { status, json } = await runBeside('ping', endpoint);
    expect(status).toBe(5);
    expect((json['error'] as { message: string }).message).toContain('HTTP');
  });

  test('an agent that hangs up in the middle of a call fails it at once', async () => {
    const endpoint = await serve('leaves.sock', (socket) => socket.once('data', () => socket.end()));
    expect(await runBeside('ping', endpoint)).toMatchObject({
      status: 3,
      json: { error: { code: 'connection_closed' } },
    });
  });
});

describe('captures', () => {
  const pipe = (args: string[], input: string): string[] =>
    spawnSync(process.execPath, [cliPath, ...args], { input, encoding: 'utf8' })
      .stdout.trimEnd()
      .split('\n');

  test('encode and decode undo each other, a line at a time', () => {
    const json = ['{"message":"a"}', '{"timestampSecs":"5"}'];
    const frames = pipe(['encode', '--wire', 'arcbox', '--message', 'AgentPingRequest'], json.join('\n'));
    const decoded = pipe(['decode', '--wire', 'arcbox'], frames.join('\n')).map(
      (line) => JSON.parse(line) as unknown,
    );
    expect(decoded).toEqual(
      json.map((text) => ({
        frames: [{ type: 1, traceId: '', message: 'AgentPingRequest', json: JSON.parse(text) as unknown }],
      })),
    );
  });

  test('what lets one run programs is not printed', () => {
    const secrets = [Buffer.alloc(16, 0xa5), Buffer.alloc(16, 0x5a)];
    const ready = encodeCbor({
      boot_time_ns: 1,
      init_time_ns: 2,
      ready_time_ns: 3,
      exec_control: { version: 1, endpoint: 'exec.sock', connection: secrets[0]! },
      bulk_transport: { profile: 1, port: 2, connection_id: secrets[1]! },
    });
    const envelope = encodeMicrosandboxEnvelope({ v: 9, t: 'core.ready', p: ready });
    const frame = encodeMicrosandboxFrame({ id: 0, flags: 0, body: envelope });
    const [line = ''] = pipe(['decode', '--wire', 'microsandbox'], Buffer.from(frame).toString('hex'));
    expect(JSON.parse(line)).toMatchObject({
      frames: [{ t: 'core.ready', payload: { exec_control: { endpoint: 'exec.sock' } } }],
    });
    for (const secret of secrets) expect(line).not.toContain(secret.toString('hex'));
  });

  test('a damaged capture is an error of its own line', () => {
    const lines = pipe(['decode', '--wire', 'arcbox'], 'ffffffff\nzz\n00000006000000020000\n000000060000');
    expect(lines.map((line) => (JSON.parse(line) as { error?: { code: string } }).error?.code)).toEqual([
      'frame_too_large',
      'usage',
      undefined,
      'truncated_frame',
    ]);
  });
});
