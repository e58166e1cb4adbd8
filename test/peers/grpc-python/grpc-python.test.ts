import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AgentPingRequest,
  AgentPingResponse,
  AgentServiceServiceName,
  SystemInfo,
} from '../../../src/agent/generated/arcbox/v1/agent.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { RpcChannel } from '../../../src/agent/rpc/channel.ts';
import { openGrpcChannel } from '../../../src/agent/rpc/grpc-channel.ts';
import { startGuestAgent } from '../../../src/guest/agent.ts';
import { whyNoPackages } from '../../support/debian-packages.ts';
import { matching } from '../../support/matching.ts';
import { startProgram, type RunningProgram } from '../../support/programs.ts';
import { tempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const python = '/usr/bin/python3';
const why = whyNoPackages({
  'python3-grpcio': '/usr/lib/python3/dist-packages/grpc/__init__.py',
  'python3-protobuf': '/usr/lib/python3/dist-packages/google/protobuf/__init__.py',
  'protobuf-compiler': '/usr/bin/protoc',
});
const directory = tempDir();
const messages = join(directory, 'messages');
const call = { timeoutMs: 30_000 };

beforeAll(() => {
  if (why !== undefined) return;
  mkdirSync(messages);
  const files = ['arcbox/v1/common.proto', 'arcbox/v1/agent.proto'];
  execFileSync('protoc', ['-I', 'proto', `--python_out=${messages}`, ...files]);
});

describe.skipIf(why !== undefined)(
  `our client against Python's gRPC server${why === undefined ? '' : ` (${why})`}`,
  () => {
    const path = join(directory, 'python.sock');
    let server: RunningProgram;
    let channel: RpcChannel;

    beforeAll(async () => {
      const script = resolve('test/peers/grpc-python/server.py');
      server = await startProgram(python, [script, `unix:${path}`, messages], /listening/);
      channel = await openGrpcChannel(connect(path), call);
    });

    afterAll(async () => {
      channel.close();
      await server.stop();
    });

    async function ping(message: string, options = call): Promise<string> {
      const request = AgentPingRequest.encode({ message, timestampSecs: 0n }).finish();
      return AgentPingResponse.decode(await channel.unary(AgentServiceServiceName, 'Ping', request, options))
        .message;
    }

    it('gets answers, many at once, and numbers beyond 2^53 whole', async () => {
      const pongs = await Promise.all(Array.from({ length: 30 }, (_, index) => ping(String(index))));
      expect(pongs).toEqual(Array.from({ length: 30 }, (_, index) => `pong: ${index}`));
      const info = await channel.unary(AgentServiceServiceName, 'GetSystemInfo', new Uint8Array(0), call);
      expect(SystemInfo.decode(info)).toMatchObject({ totalMemory: 2n ** 63n + 1n, uptime: 2n ** 53n + 1n });
    });

    it('gets refusals and missing methods as typed errors', async () => {
      await expect(ping('refuse')).rejects.toMatchObject({
        code: 'remote_error',
        remote: { code: 9, kind: 'FAILED_PRECONDITION', text: 'not yet' },
      });
      const missing = channel.unary(AgentServiceServiceName, 'Nope', new Uint8Array(0), call);
      await expect(missing).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('times out by itself', async () => {
      await expect(ping('wait 5', { timeoutMs: 30 })).rejects.toMatchObject({ code: 'timeout' });
    });

    it('gets an answer of 8 MiB, and refuses one over 16 MiB without losing the connection', async () => {
      expect((await ping(`grow ${8 * 1024 * 1024}`)).length).toBe(8 * 1024 * 1024);
      await expect(ping(`grow ${17 * 1024 * 1024}`)).rejects.toMatchObject({ code: 'frame_too_large' });
      expect(await ping('hi')).toBe('pong: hi');
    });

    it('gets the messages of a stream and then its error', async () => {
      const received: number[] = [];
      const read = async (): Promise<void> => {
        for await (const message of channel.serverStream(
          'test.Stream',
          'Watch',
          Uint8Array.of(1, 2, 3),
          {},
        )) {
          received.push(...message);
        }
      };
      await expect(read()).rejects.toMatchObject({
        code: 'remote_error',
        remote: { text: matching(/enough/) },
      });
      expect(received).toEqual([1, 2, 3]);
    });

    it('fails what waits at once when the server dies', async () => {
      const waiting = ping('wait 30');
      const failed = expect(waiting).rejects.toMatchObject({ code: 'connection_closed' });
      await server.stop();
      await failed;
      await expect(ping('hi')).rejects.toMatchObject({ code: 'connection_closed' });
    });
  },
);

it.skipIf(why !== undefined)("Python's gRPC client gets the right answers from our agent", async () => {
  const path = join(directory, 'ours.sock');
  const agent = await startGuestAgent({
    listen: [{ protocol: 'arcbox-grpc', transport: { kind: 'unix', path } }],
    dockerSocket: join(directory, 'docker.sock'),
    containerdSocket: join(directory, 'containerd.sock'),
    stateDir: join(directory, 'state'),
    allowClockSet: false,
    version: '1.2.3',
    logger: silentLogger,
  });
  try {
    const script = resolve('test/peers/grpc-python/client.py');
    const { stdout } = await run(python, [script, `unix:${path}`, messages], { timeout: 60_000 });
    expect(JSON.parse(stdout)).toEqual({
      ping: 'pong: hello',
      'system info': 'Linux',
      'unknown method': matching(/^UNIMPLEMENTED: /),
      clock: 'pong',
      'first port event': '1a00',
    });
  } finally {
    await agent.close();
  }
});
