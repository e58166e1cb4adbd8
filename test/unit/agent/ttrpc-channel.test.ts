import { describe, expect, it } from 'vitest';
import { maxQueuedBytes } from '../../../src/agent/rpc/message-queue.ts';
import { maxWaitingCalls } from '../../../src/agent/rpc/pending-call.ts';
import { TtrpcChannel } from '../../../src/agent/rpc/ttrpc-channel.ts';
import {
  decodeTtrpcRequest,
  encodeTtrpcError,
  encodeTtrpcReply,
} from '../../../src/agent/wire/ttrpc-envelope.ts';
import {
  ttrpcFlag,
  ttrpcMaxBodyBytes,
  ttrpcType,
  writeTtrpcHeader,
} from '../../../src/agent/wire/ttrpc-frame.ts';
import { matching } from '../../support/matching.ts';
import { ttrpcPeer } from '../../support/ttrpc-peer.ts';

const service = 'arcbox.v1.AgentService';
const empty = new Uint8Array(0);
const patient = { timeoutMs: 30_000 };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const end = ttrpcFlag.remoteClosed | ttrpcFlag.noData;

describe('a ttrpc call', () => {
  it('sends one request frame with odd rising ids and a relative deadline', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const calls = ['Ping', 'Nope'].map((method) =>
      channel.unary(service, method, Buffer.from(method), patient),
    );
    const [first, second] = await peer.waitFor(2);
    expect([first?.streamId, second?.streamId]).toEqual([1, 3]);
    expect([first?.type, first?.flags]).toEqual([ttrpcType.request, 0]);
    expect(decodeTtrpcRequest(first!.body!)).toMatchObject({
      service,
      method: 'Ping',
      timeoutNano: 30_000_000_000n,
      metadata: [],
    });
    peer.far.write(encodeTtrpcReply(3, Buffer.from('b')));
    peer.far.write(encodeTtrpcReply(1, Buffer.from('a')));
    expect((await Promise.all(calls)).map(text)).toEqual(['a', 'b']);
  });

  it('takes a response without a body, and a status of code 0, as success', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const calls = [channel.unary(service, 'A', empty, patient), channel.unary(service, 'B', empty, patient)];
    peer.send(1, ttrpcType.response, 0);
    peer.send(3, ttrpcType.response, 0, Buffer.from('0a0012020102', 'hex'));
    expect((await Promise.all(calls)).map((bytes) => bytes.byteLength)).toEqual([0, 2]);
  });

  it.each([
    [2, 'remote_error'],
    [4, 'timeout'],
    [7, 'not_permitted'],
    [8, 'frame_too_large'],
    [9, 'remote_error'],
    [12, 'unsupported'],
    [16, 'not_permitted'],
    [-7, 'remote_error'],
  ])('answered with status %i is %s, with the code and the text of the agent', async (code, expected) => {
    const peer = ttrpcPeer();
    const call = new TtrpcChannel(peer.stream).unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcError(1, code, 'not yet'));
    await expect(call).rejects.toMatchObject({ code: expected, remote: { code, text: 'not yet' } });
  });

  it('is refused when too many wait, and those that were given up wait no more', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const stop = new AbortController();
    const options = { timeoutMs: 60_000, signal: stop.signal };
    const calls = Array.from({ length: maxWaitingCalls }, () =>
      channel.unary(service, 'Ping', empty, options),
    );
    await expect(channel.unary(service, 'Ping', empty, patient)).rejects.toMatchObject({
      code: 'not_permitted',
    });
    stop.abort();
    await Promise.allSettled(calls);
    const call = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(2 * maxWaitingCalls + 1, Buffer.from('ok')));
    expect(text(await call)).toBe('ok');
  });

  it('times out by itself; the late answer is dropped and counted, and the connection goes on', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    await expect(channel.unary(service, 'Ping', empty, { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'timeout',
    });
    peer.far.write(encodeTtrpcReply(1, empty));
    const call = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(3, Buffer.from('ok')));
    expect(text(await call)).toBe('ok');
    expect(channel.dropped).toEqual({ late: 1, unknown: 0 });
  });

  it('is cancelled by its signal, before and after sending, and an aborted one sends nothing', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const cancelled = { code: 'cancelled' };
    await expect(
      channel.unary(service, 'Ping', empty, { ...patient, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject(cancelled);
    const controller = new AbortController();
    const call = channel.unary(service, 'Pong', empty, { ...patient, signal: controller.signal });
    await peer.waitFor(1);
    controller.abort();
    await expect(call).rejects.toMatchObject(cancelled);
    expect(peer.received.map(({ streamId }) => streamId)).toEqual([1]);
  });

  it('survives frames for nobody, which are counted', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const call = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(99, empty));
    peer.far.write(encodeTtrpcReply(2, empty));
    peer.send(1, ttrpcType.data, 0, Buffer.from('data on a unary stream'));
    peer.send(1, ttrpcType.request, 0);
    peer.send(1, 77, 0);
    peer.far.write(encodeTtrpcReply(1, Buffer.from('ok')));
    expect(text(await call)).toBe('ok');
    expect(channel.dropped).toEqual({ late: 0, unknown: 5 });
  });

  it('fails alone when its answer exceeds 4 MiB', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const [large, small] = [
      channel.unary(service, 'A', empty, patient),
      channel.unary(service, 'B', empty, patient),
    ];
    const header = Buffer.alloc(10);
    writeTtrpcHeader(header, ttrpcMaxBodyBytes + 1, 1, ttrpcType.response, 0);
    peer.far.write(header);
    await expect(large).rejects.toMatchObject({ code: 'frame_too_large' });
    peer.far.write(Buffer.alloc(ttrpcMaxBodyBytes + 1));
    peer.far.write(encodeTtrpcReply(3, Buffer.from('ok')));
    expect(text(await small)).toBe('ok');
  });

  it('over 4 MiB is refused before anything is sent', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const tooLarge = channel.unary(service, 'Ping', new Uint8Array(ttrpcMaxBodyBytes), patient);
    await expect(tooLarge).rejects.toMatchObject({ code: 'frame_too_large' });
    const call = channel.unary(service, 'Ping', empty, patient);
    await peer.waitFor(1);
    expect(peer.received.map(({ bodyBytes }) => bodyBytes < 100)).toEqual([true]);
    peer.far.write(encodeTtrpcReply(1, empty));
    await call;
  });

  it('whose response is damaged fails alone', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const call = channel.unary(service, 'Ping', empty, patient);
    peer.send(1, ttrpcType.response, 0, Buffer.from('ffffff', 'hex'));
    await expect(call).rejects.toMatchObject({ code: 'malformed_payload' });
    const next = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(3, empty));
    await next;
  });

  it.each([
    ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /HTTP/],
    ['an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), /SSH/],
    ['a TLS server', Buffer.from('15030300020228', 'hex'), /TLS/],
  ])('answered by %s fails at once and says so', async (_name, bytes, message) => {
    const peer = ttrpcPeer();
    const call = new TtrpcChannel(peer.stream).unary(service, 'Ping', empty, patient);
    peer.far.write(bytes);
    await expect(call).rejects.toMatchObject({
      code: 'frame_too_large',
      message: matching(message),
    });
  });

  it('answered by an HTTP/2 server that waits names it when it times out', async () => {
    const peer = ttrpcPeer();
    const call = new TtrpcChannel(peer.stream).unary(service, 'Ping', empty, { timeoutMs: 20 });
    peer.far.write(Buffer.from('00001204000000000000', 'hex'));
    await expect(call).rejects.toMatchObject({ code: 'timeout', message: matching(/HTTP\/2/) });
  });

  it.each([
    ['cleanly', empty, 'connection_closed'],
    ['inside a frame', Buffer.from('000000ff00', 'hex'), 'truncated_frame'],
  ])('fails at once when the agent closes %s, and so does every later call', async (_how, bytes, code) => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const calls = [channel.unary(service, 'A', empty, patient), channel.unary(service, 'B', empty, patient)];
    peer.far.end(bytes);
    for (const call of calls) await expect(call).rejects.toMatchObject({ code });
    await expect(channel.unary(service, 'C', empty, patient)).rejects.toMatchObject({ code });
    expect(await channel.closed).toMatchObject({ code });
  });

  it('fails with the reason when the connection breaks', async () => {
    const peer = ttrpcPeer();
    const call = new TtrpcChannel(peer.stream).unary(service, 'Ping', empty, patient);
    peer.stream.destroy(new Error('reset by peer'));
    await expect(call).rejects.toMatchObject({
      code: 'connection_closed',
      message: matching(/reset by peer/),
    });
  });

  it('is cancelled when the channel is closed on this side', async () => {
    const channel = new TtrpcChannel(ttrpcPeer().stream);
    const call = channel.unary(service, 'Ping', empty, patient);
    channel.close();
    channel.close();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('may use the last id; the one after it closes the connection so that it is opened again', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream, { firstStreamId: 0xffff_ffff });
    const last = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(0xffff_ffff, empty));
    await last;
    const reason = { code: 'connection_closed', message: matching(/used up/) };
    await expect(channel.unary(service, 'Ping', empty, patient)).rejects.toMatchObject(reason);
    expect(await channel.closed).toMatchObject(reason);
  });
});

describe('a ttrpc server stream', () => {
  function iterate(stream: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    return stream[Symbol.asyncIterator]();
  }

  async function collect(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
    const messages: string[] = [];
    for await (const message of stream) messages.push(text(message));
    return messages;
  }

  it('opens with remote-closed and without a deadline, and yields messages, empty ones too, to the end', async () => {
    const peer = ttrpcPeer();
    const messages = collect(
      new TtrpcChannel(peer.stream).serverStream(service, 'Watch', Buffer.from('q'), {}),
    );
    const [request] = await peer.waitFor(1);
    expect([request?.type, request?.flags]).toEqual([ttrpcType.request, ttrpcFlag.remoteClosed]);
    expect(decodeTtrpcRequest(request!.body!).timeoutNano).toBe(0n);
    peer.send(1, ttrpcType.data, 0, Buffer.from('a'));
    peer.send(1, ttrpcType.data, 0);
    peer.send(1, ttrpcType.data, 0, Buffer.from('b'));
    peer.send(1, ttrpcType.data, end);
    expect(await messages).toEqual(['a', '', 'b']);
    expect(peer.received.map(({ type }) => type)).toEqual([ttrpcType.request]);
  });

  it('that ends with data yields the data', async () => {
    const peer = ttrpcPeer();
    const messages = collect(new TtrpcChannel(peer.stream).serverStream(service, 'Watch', empty, {}));
    await peer.waitFor(1);
    peer.send(1, ttrpcType.data, ttrpcFlag.remoteClosed, Buffer.from('last'));
    expect(await messages).toEqual(['last']);
  });

  it('throws the status that ends it, after the messages before it', async () => {
    const peer = ttrpcPeer();
    const stream = iterate(new TtrpcChannel(peer.stream).serverStream(service, 'Watch', empty, {}));
    const first = stream.next();
    await peer.waitFor(1);
    peer.send(1, ttrpcType.data, 0, Buffer.from('a'));
    peer.far.write(encodeTtrpcError(1, 12, 'method Watch'));
    expect(await first).toEqual({ done: false, value: Uint8Array.from(Buffer.from('a')) });
    await expect(stream.next()).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('just ends when its signal aborts; what still comes is dropped and counted', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const controller = new AbortController();
    const messages = collect(channel.serverStream(service, 'Watch', empty, { signal: controller.signal }));
    await peer.waitFor(1);
    controller.abort();
    expect(await messages).toEqual([]);
    peer.send(1, ttrpcType.data, 0, Buffer.from('late'));
    const call = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(3, empty));
    await call;
    expect(channel.dropped.late).toBe(1);
  });

  it('throws when the connection is lost', async () => {
    const peer = ttrpcPeer();
    const messages = collect(new TtrpcChannel(peer.stream).serverStream(service, 'Watch', empty, {}));
    await peer.waitFor(1);
    peer.far.end();
    await expect(messages).rejects.toMatchObject({ code: 'connection_closed' });
  });

  it('left unread beyond its bound fails alone and never stalls the connection', async () => {
    const peer = ttrpcPeer();
    const channel = new TtrpcChannel(peer.stream);
    const stream = iterate(channel.serverStream(service, 'Watch', empty, {}));
    const first = stream.next();
    await peer.waitFor(1);
    const message = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent <= maxQueuedBytes + message.length; sent += message.length) {
      peer.send(1, ttrpcType.data, 0, message);
    }
    const call = channel.unary(service, 'Ping', empty, patient);
    peer.far.write(encodeTtrpcReply(3, Buffer.from('alive')));
    expect(text(await call)).toBe('alive');
    await first;
    const rest = (async () => {
      for (;;) if ((await stream.next()).done === true) return;
    })();
    await expect(rest).rejects.toMatchObject({
      code: 'frame_too_large',
      message: matching(/unread/),
    });
  });
});
