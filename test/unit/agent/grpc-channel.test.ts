import { readdirSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { RpcChannel } from '../../../src/agent/rpc/channel.ts';
import { grpcMaxMessageBytes, openGrpcChannel } from '../../../src/agent/rpc/grpc-channel.ts';
import { serveGrpcConnection } from '../../../src/guest/grpc-connection.ts';
import { Refusal, type GuestMethod } from '../../../src/guest/service.ts';
import { deferred } from '../../support/deferred.ts';
import { matching } from '../../support/matching.ts';
import { streamPair } from '../../support/stream-pair.ts';

const service = 'test.v1.Service';
const empty = new Uint8Array(0);
const patient = { timeoutMs: 8000 };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A channel to our own server, with the far end of the stream between them. */
async function connected(
  methods: Readonly<Record<string, GuestMethod>>,
): Promise<{ channel: RpcChannel; far: Duplex; served: Promise<void> }> {
  const [near, far] = streamPair();
  const table = new Map(Object.entries(methods).map(([name, method]) => [`${service}/${name}`, method]));
  const served = serveGrpcConnection(far, { methods: table, logger: silentLogger });
  return { channel: await openGrpcChannel(near, patient), far, served };
}

const unary = (handle: (GuestMethod & { kind: 'unary' })['handle']): GuestMethod => ({
  kind: 'unary',
  handle,
});

/** A method that never answers; `aborted` resolves when the server has given it up. */
function hanging(): { method: GuestMethod; started: Promise<void>; aborted: Promise<void> } {
  const [started, aborted] = [deferred(), deferred()];
  const method = unary((_request, { signal }) => {
    started.resolve();
    signal.addEventListener('abort', aborted.resolve);
    return new Promise(() => undefined);
  });
  return { method, started: started.promise, aborted: aborted.promise };
}

describe('a gRPC call', () => {
  it('carries bytes, and refusals with their codes', async () => {
    const { channel } = await connected({
      Echo: unary((request) => Promise.resolve(request)),
      Refuse: unary(() => Promise.reject(new Refusal('permission_denied', 'not here'))),
      Break: unary(() => Promise.reject(new Error('a bug'))),
      Large: unary(() => Promise.resolve(new Uint8Array(grpcMaxMessageBytes + 1))),
    });
    const call = (method: string, request: Uint8Array = empty): Promise<Uint8Array> =>
      channel.unary(service, method, request, patient);
    expect(text(await call('Echo', Buffer.from('hello')))).toBe('hello');
    expect((await call('Echo')).byteLength).toBe(0);
    await expect(call('Refuse')).rejects.toMatchObject({
      code: 'not_permitted',
      remote: { text: 'not here' },
    });
    await expect(call('Break')).rejects.toMatchObject({
      code: 'remote_error',
      remote: { code: 13, text: 'a bug' },
    });
    await expect(call('Nope')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(call('Large')).rejects.toMatchObject({ code: 'frame_too_large' });
    await expect(call('Echo', new Uint8Array(grpcMaxMessageBytes + 1))).rejects.toMatchObject({
      code: 'frame_too_large',
    });
    expect(text(await call('Echo', Buffer.from('still here')))).toBe('still here');
    channel.close();
  });

  it('that times out or is cancelled is given up at the other end too', async () => {
    for (const [options, code] of [
      [() => ({ timeoutMs: 50 }), 'timeout'],
      [() => ({ ...patient, signal: AbortSignal.timeout(50) }), 'cancelled'],
    ] as const) {
      const { method, aborted } = hanging();
      const { channel } = await connected({ Hang: method });
      await expect(channel.unary(service, 'Hang', empty, options())).rejects.toMatchObject({ code });
      await aborted;
      channel.close();
    }
  });

  it('fails when the channel is closed on this side, and so does every later call', async () => {
    const { method, started, aborted } = hanging();
    const { channel, served } = await connected({ Hang: method });
    const failed = expect(channel.unary(service, 'Hang', empty, patient)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await started;
    channel.close();
    channel.close();
    await failed;
    await expect(channel.unary(service, 'Hang', empty, patient)).rejects.toMatchObject({ code: 'cancelled' });
    await Promise.all([aborted, served]);
  });

  it('fails when the agent closes the connection', async () => {
    const { method, started } = hanging();
    const { channel, far } = await connected({ Hang: method });
    const failed = expect(channel.unary(service, 'Hang', empty, patient)).rejects.toMatchObject({
      code: 'connection_closed',
    });
    await started;
    far.destroy();
    await failed;
    expect(await channel.closed).toMatchObject({ code: 'connection_closed' });
  });
});

describe('a gRPC server stream', () => {
  const counting: GuestMethod = {
    kind: 'serverStream',
    async *handle(request, { signal }) {
      for (const byte of request) {
        await Promise.resolve();
        if (byte === 0) throw new Refusal('internal', 'zero');
        yield Uint8Array.of(byte);
      }
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
        if (request.length < 3) resolve(undefined);
      });
    },
  };

  async function collect(stream: AsyncIterable<Uint8Array>, into: number[]): Promise<void> {
    for await (const message of stream) into.push(...message);
  }

  it('yields its messages to the end, or to its error', async () => {
    const { channel } = await connected({ Count: counting });
    const received: number[] = [];
    await collect(channel.serverStream(service, 'Count', Uint8Array.of(1, 2), {}), received);
    const failing = collect(channel.serverStream(service, 'Count', Uint8Array.of(3, 0, 4), {}), received);
    await expect(failing).rejects.toMatchObject({ code: 'remote_error', remote: { code: 13, text: 'zero' } });
    expect(received).toEqual([1, 2, 3]);
    channel.close();
  });

  it('just ends when its signal aborts, and throws when the connection is lost', async () => {
    const { channel, far } = await connected({ Count: counting });
    const controller = new AbortController();
    const received: number[] = [];
    const options = { signal: controller.signal };
    const aborted = collect(
      channel.serverStream(service, 'Count', Uint8Array.of(1, 2, 3), options),
      received,
    );
    await vi.waitUntil(() => received.length === 3);
    controller.abort();
    await aborted;
    const lost = collect(channel.serverStream(service, 'Count', Uint8Array.of(4, 5, 6), {}), received);
    await vi.waitUntil(() => received.length === 6);
    far.destroy();
    await expect(lost).rejects.toMatchObject({ code: 'connection_closed' });
  });
});

describe('what is no gRPC agent', () => {
  it.each([
    ['an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), /SSH banner/],
    ['an HTTP/1 server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /HTTP/],
    ['a banner', Buffer.from('Welcome to vm42\n'), /"Welcome to vm42"/],
  ])('is recognised: %s', async (_name, bytes, message) => {
    const [near, far] = streamPair();
    far.write(bytes);
    far.resume();
    await expect(openGrpcChannel(near, patient)).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(message),
    });
  });

  it('is given up when it says nothing, and reported when it closes', async () => {
    const [silent, silentFar] = streamPair();
    silentFar.resume();
    await expect(openGrpcChannel(silent, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' });
    const [closing, closingFar] = streamPair();
    closingFar.end();
    closingFar.resume();
    await expect(openGrpcChannel(closing, patient)).rejects.toMatchObject({ code: 'connection_closed' });
  });

  it('leaves nothing in memory', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heapBytes = async (): Promise<number> => {
      // The library lets go of a broken connection by itself after one or two of its seconds.
      await sleep(1500);
      for (let round = 0; round < 4; round++) {
        await sleep(1);
        collect();
      }
      return process.memoryUsage().heapUsed;
    };
    const failToOpen = async (): Promise<void> => {
      const [near] = streamPair();
      setTimeout(() => near.destroy(), 1);
      await openGrpcChannel(near, patient).catch(() => undefined);
    };
    for (let opened = 0; opened < 100; opened++) await failToOpen();
    const before = await heapBytes();
    const count = 300;
    for (let opened = 0; opened < count; opened++) await failToOpen();
    expect(((await heapBytes()) - before) / count).toBeLessThan(8000);
  });

  it('leaves no socket behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('sandlight-'));
    const { channel } = await connected({});
    channel.close();
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('sandlight-'));
    expect(after.filter((name) => !before.includes(name) && name.includes('bridge'))).toEqual([]);
  });
});

describe('the gRPC server', () => {
  it.each([
    ['garbage', Buffer.from('SSH-2.0-x\r\n\r\nnonsense nonsense nonsense')],
    ['an HTTP/1 request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a connection that ends at once', empty],
  ])('closes the connection on %s', async (_name, bytes) => {
    const [near, far] = streamPair();
    const served = serveGrpcConnection(far, { methods: new Map(), logger: silentLogger });
    near.on('error', () => undefined);
    near.resume();
    near.end(bytes);
    await served;
  });
});
