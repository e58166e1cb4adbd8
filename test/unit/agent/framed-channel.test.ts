import { Duplex } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { FramedChannel } from '../../../src/agent/arcbox/framed-channel.ts';
import { encodeArcboxError } from '../../../src/agent/arcbox/error.ts';
import { encodeArcboxFrame } from '../../../src/agent/arcbox/frame.ts';
import { maxRemoteTextLength, type AgentError } from '../../../src/agent/errors.ts';
import { maxWaitingCalls } from '../../../src/agent/rpc/pending-call.ts';
import { matching } from '../../support/matching.ts';

const service = 'arcbox.v1.AgentService';
const nothing = new Uint8Array();

/** Imitates the stream to an agent whose answers, and their timing, the test decides. */
function pipe(): { stream: Duplex; sent: Buffer[]; answer: (bytes: Uint8Array) => void; end: () => void } {
  const sent: Buffer[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  return {
    stream,
    sent,
    answer: (bytes) => stream.push(bytes),
    end: () => stream.push(null),
  };
}

const pong = (text: string): Buffer => encodeArcboxFrame(0x1001, Buffer.from(text));

test('answers are matched to calls in order, all of them in flight at once', async () => {
  const { stream, sent, answer } = pipe();
  const channel = new FramedChannel(stream);
  const calls = [1, 2, 3].map(() => channel.unary(service, 'Ping', nothing, { timeoutMs: 5000 }));
  await vi.waitUntil(() => sent.length === 3);
  answer(Buffer.concat([pong('a'), pong('b'), pong('c')]));
  expect((await Promise.all(calls)).map((bytes) => Buffer.from(bytes).toString())).toEqual(['a', 'b', 'c']);
});

test('the late answer of a call that was given up does not go to the next call', async () => {
  vi.useFakeTimers();
  try {
    const { stream, answer } = pipe();
    const channel = new FramedChannel(stream);
    const abandoned = channel.unary(service, 'Ping', nothing, { timeoutMs: 10 });
    const expectation = expect(abandoned).rejects.toMatchObject({ code: 'timeout' });
    await vi.advanceTimersByTimeAsync(11);
    await expectation;
    const next = channel.unary(service, 'Ping', nothing, { timeoutMs: 1000 });
    answer(Buffer.concat([pong('late'), pong('mine')]));
    expect(Buffer.from(await next).toString()).toBe('mine');
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a cancelled call rejects at once and leaves no listener behind', async () => {
  const { stream } = pipe();
  const channel = new FramedChannel(stream);
  const { signal, abort } = ((controller) => ({
    signal: controller.signal,
    abort: () => {
      controller.abort();
    },
  }))(new AbortController());
  const remove = vi.spyOn(signal, 'removeEventListener');
  const call = channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000, signal });
  abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  expect(remove).toHaveBeenCalled();
  await expect(channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000, signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
});

test('an agent that vanishes fails every waiting call, and later ones at once', async () => {
  const { stream, end } = pipe();
  const channel = new FramedChannel(stream);
  const calls = [1, 2].map(() => channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000 }));
  end();
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'connection_closed' });
  await expect(channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000 })).rejects.toMatchObject({
    code: 'connection_closed',
  });
  expect((await channel.closed).code).toBe('connection_closed');
});

test('a request beyond the frame limit is refused before anything is sent', async () => {
  const { stream, sent } = pipe();
  const channel = new FramedChannel(stream);
  const tooLarge = channel.unary(service, 'Ping', new Uint8Array(16 * 1024 * 1024), { timeoutMs: 1000 });
  await expect(tooLarge).rejects.toMatchObject({ code: 'frame_too_large' });
  expect(sent).toHaveLength(0);
});

test('an oversized announcement closes the connection before its body is buffered', async () => {
  const { stream, answer } = pipe();
  const channel = new FramedChannel(stream);
  const call = channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000 });
  answer(Buffer.from('ffffffff', 'hex'));
  await expect(call).rejects.toMatchObject({ code: 'frame_too_large' });
  expect(stream.destroyed).toBe(true);
});

test('notifications go aside whether or not a call waits', async () => {
  const { stream, answer } = pipe();
  const seen: number[] = [];
  const channel = new FramedChannel(stream, { onNotification: ({ type }) => seen.push(type) });
  answer(encodeArcboxFrame(0x1030, nothing));
  const call = channel.unary(service, 'Ping', nothing, { timeoutMs: 5000 });
  answer(Buffer.concat([encodeArcboxFrame(0x1031, nothing), pong('x')]));
  await call;
  expect(seen).toEqual([0x1030, 0x1031]);
});

test('the hint of a timeout names the protocol whose bytes arrived', async () => {
  const { stream, answer } = pipe();
  const channel = new FramedChannel(stream);
  const call = channel.unary(service, 'Ping', nothing, { timeoutMs: 20 });
  answer(Buffer.from('000012040000000000000300000064', 'hex'));
  await expect(call).rejects.toThrow(/arcbox-grpc/);
});

test('calls that were given up keep their places, of which there are just so many', async () => {
  const { stream, sent, answer } = pipe();
  const channel = new FramedChannel(stream);
  const givenUp = new AbortController();
  const calls = Array.from({ length: maxWaitingCalls }, () =>
    channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000, signal: givenUp.signal }),
  );
  givenUp.abort();
  for (const result of await Promise.allSettled(calls)) expect(result.status).toBe('rejected');
  await vi.waitUntil(() => sent.length > 0);
  const bytes = (): number => sent.reduce((sum, chunk) => sum + chunk.length, 0);
  const before = bytes();
  await expect(channel.unary(service, 'Ping', nothing, { timeoutMs: 5000 })).rejects.toMatchObject({
    code: 'not_permitted',
    message: matching(/4096 calls wait/),
  });
  expect(bytes()).toBe(before);
  answer(pong('late'));
  await vi.waitUntil(() => stream.readableLength === 0);
  const call = channel.unary(service, 'Ping', nothing, { timeoutMs: 60_000 });
  for (let late = 1; late < maxWaitingCalls; late++) answer(pong('late'));
  answer(pong('mine'));
  expect(Buffer.from(await call).toString()).toBe('mine');
});

test("an agent's error keeps a bounded part of its text and shows less", async () => {
  const { stream, answer } = pipe();
  const channel = new FramedChannel(stream);
  const call = channel.unary(service, 'Ping', nothing, { timeoutMs: 5000 });
  answer(encodeArcboxFrame(0xffff, encodeArcboxError(500, `\u202e${'x'.repeat(2_000_000)}`)));
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason as AgentError,
  );
  expect(error?.remote?.text).toHaveLength(maxRemoteTextLength);
  expect(error?.message.length).toBeLessThan(400);
  expect(error?.message).not.toContain('\u202e');
});
