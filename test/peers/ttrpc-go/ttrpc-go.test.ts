import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AgentPingRequest,
  AgentPingResponse,
  AgentServiceServiceName,
  SystemInfo,
} from '../../../src/agent/generated/arcbox/v1/agent.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { TtrpcChannel } from '../../../src/agent/rpc/ttrpc-channel.ts';
import { startGuestAgent } from '../../../src/guest/agent.ts';
import { matching } from '../../support/matching.ts';
import { startProgram, type RunningProgram } from '../../support/programs.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { buildTtrpcGo, whyNoTtrpcGo, type TtrpcGoPrograms } from './build.ts';

const run = promisify(execFile);
const why = whyNoTtrpcGo();
const directory = tempDir();
const call = { timeoutMs: 30_000 };
let programs: TtrpcGoPrograms;

beforeAll(() => {
  if (why === undefined) programs = buildTtrpcGo();
});

describe.skipIf(why !== undefined)(
  `our client against Go's ttrpc server${why === undefined ? '' : ` (${why})`}`,
  () => {
    const path = join(directory, 'go.sock');
    let server: RunningProgram;
    let channel: TtrpcChannel;

    beforeAll(async () => {
      server = await startProgram(programs.server, [path], /listening/);
      channel = new TtrpcChannel(connect(path));
    });

    afterAll(async () => {
      channel.close();
      await server.stop();
    });

    const unary = (method: string, request = new Uint8Array(0), options = call): Promise<Uint8Array> =>
      channel.unary(AgentServiceServiceName, method, request, options);

    async function ping(message: string, options = call): Promise<string> {
      const request = AgentPingRequest.encode({ message, timestampSecs: 0n }).finish();
      return AgentPingResponse.decode(await unary('Ping', request, options)).message;
    }

    it('gets answers as they are completed, many at once', async () => {
      const order: string[] = [];
      const note = (answer: string): number => order.push(answer);
      await Promise.all([
        ping('wait 200ms').then(note),
        ...Array.from({ length: 50 }, () => ping('fast').then(note)),
      ]);
      expect(order.length).toBe(51);
      expect(order.at(-1)).toBe('pong: wait 200ms');
    });

    it('gets numbers beyond 2^53 whole, and an empty message from an empty body', async () => {
      expect(SystemInfo.decode(await unary('GetSystemInfo'))).toMatchObject({
        totalMemory: 2n ** 63n + 1n,
        uptime: 2n ** 53n + 1n,
        loadAverage: [0.5, 0.25, 0.125],
      });
      expect((await unary('GetRuntimeStatus')).byteLength).toBe(0);
    });

    it.each([
      ['a method that it lacks', () => unary('Nope'), 'unsupported', 12, /^method Nope$/],
      [
        'a service that it lacks',
        () => channel.unary('x.Y', 'Ping', new Uint8Array(0), call),
        'unsupported',
        12,
        /x\.Y/,
      ],
      ['a plain error', () => ping('fail'), 'remote_error', 2, /^it failed$/],
      ['a status', () => ping('refuse'), 'remote_error', 9, /^not yet$/],
      [
        'a payload that is no message',
        () => unary('Ping', Buffer.from('ffff', 'hex')),
        'remote_error',
        13,
        /unmarshal/,
      ],
    ])('gets %s as a typed error', async (_name, act, code, status, text) => {
      await expect(act()).rejects.toMatchObject({ code, remote: { code: status, text: matching(text) } });
      expect(await ping('hi')).toBe('pong: hi');
    });

    it('times out by itself, and lives on when the late answer comes', async () => {
      await expect(ping('wait 100ms', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'timeout' });
      expect(await ping('wait 200ms')).toBe('pong: wait 200ms');
    });

    it('survives an answer over 4 MiB, which this server sends', async () => {
      await expect(ping('grow 5000000')).rejects.toMatchObject({ code: 'frame_too_large' });
      expect(await ping('hi')).toBe('pong: hi');
    });

    it('refuses to send more than 4 MiB', async () => {
      await expect(ping('x'.repeat(5_000_000))).rejects.toMatchObject({ code: 'frame_too_large' });
      expect(await ping('hi')).toBe('pong: hi');
    });

    it('is told that streams are missing', async () => {
      const stream = channel.serverStream(
        'sandlight.v1.NotificationService',
        'WatchPorts',
        new Uint8Array(0),
        {},
      );
      await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('fails what waits at once when the server dies', async () => {
      const path = join(directory, 'short.sock');
      const short = await startProgram(programs.server, [path], /listening/);
      const own = new TtrpcChannel(connect(path));
      await own.unary(AgentServiceServiceName, 'Ping', new Uint8Array(0), call);
      const request = AgentPingRequest.encode({ message: 'wait 1h', timestampSecs: 0n }).finish();
      const waiting = own.unary(AgentServiceServiceName, 'Ping', request, call);
      const failed = expect(waiting).rejects.toMatchObject({ code: 'connection_closed' });
      await short.stop();
      await failed;
    });
  },
);

it.skipIf(why !== undefined)("Go's ttrpc client gets the right answers from our agent", async () => {
  const path = join(directory, 'ours.sock');
  const agent = await startGuestAgent({
    listen: [{ protocol: 'arcbox-ttrpc', transport: { kind: 'unix', path } }],
    dockerSocket: join(directory, 'docker.sock'),
    containerdSocket: join(directory, 'containerd.sock'),
    stateDir: join(directory, 'state'),
    allowClockSet: false,
    version: '1.2.3',
    logger: silentLogger,
  });
  try {
    const { stdout } = await run(programs.client, [path], { timeout: 60_000 });
    expect(JSON.parse(stdout)).toEqual({
      ping: { code: 'OK', message: 'pong: hello' },
      'unknown method': { code: 'Unimplemented', message: matching(/method Nope$/) },
      'unknown service': { code: 'Unimplemented', message: matching(/service x\.Y$/) },
      'system info': { code: 'OK', message: 'Linux' },
      'runtime status': { code: 'OK', message: matching(/docker socket missing/) },
      ensure: { code: 'OK', message: 'failed' },
      deadline: { code: matching(/Unknown|DeadlineExceeded/), message: matching(/deadline exceeded/) },
      'too large': { code: 'ResourceExhausted', message: matching(/exceed maximum message size/) },
      'after all that': { code: 'OK', message: 'pong: still here' },
    });
  } finally {
    await agent.close();
  }
});
