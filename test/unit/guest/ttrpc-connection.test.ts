import { describe, expect, it } from 'vitest';
import { Request } from '../../../src/agent/generated/ttrpc/v1/ttrpc.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { decodeTtrpcResponse } from '../../../src/agent/wire/ttrpc-envelope.ts';
import {
  describeOversize,
  ttrpcFlag,
  ttrpcMaxBodyBytes,
  ttrpcType,
  writeTtrpcHeader,
  type TtrpcFrame,
} from '../../../src/agent/wire/ttrpc-frame.ts';
import { Refusal, type GuestMethod, type GuestMethodTable } from '../../../src/guest/service.ts';
import { serveTtrpcConnection } from '../../../src/guest/ttrpc-connection.ts';
import { deferred, type Deferred } from '../../support/deferred.ts';
import { matching } from '../../support/matching.ts';
import { ttrpcPeer, type TtrpcPeer } from '../../support/ttrpc-peer.ts';

const service = 'test.v1.Service';
const empty = new Uint8Array(0);

/** Methods of which `Wait` is held up by `gate`. */
function methods(gate: Deferred): GuestMethodTable {
  const unary = (
    name: string,
    handle: (request: Uint8Array) => Promise<Uint8Array>,
  ): [string, GuestMethod] => [`${service}/${name}`, { kind: 'unary', handle }];
  return new Map([
    unary('Echo', (request) => Promise.resolve(request)),
    unary('Wait', (request) => gate.promise.then(() => request)),
    unary('Refuse', () => Promise.reject(new Refusal('permission_denied', 'not here'))),
    unary('Break', () => Promise.reject(new Error('a bug'))),
    unary('Large', () => Promise.resolve(new Uint8Array(ttrpcMaxBodyBytes))),
    [`${service}/Stream`, { kind: 'serverStream', handle: (request) => streamOf(request) }],
  ]);
}

/** Yields each byte of the request as a message; a zero byte is an error, 255 is a message that is too large. */
async function* streamOf(request: Uint8Array): AsyncGenerator<Uint8Array> {
  for (const byte of request) {
    await Promise.resolve();
    if (byte === 0) throw new Refusal('internal', 'zero');
    yield byte === 255 ? new Uint8Array(ttrpcMaxBodyBytes + 1) : Uint8Array.of(byte);
  }
}

function request(method: string, payload: Uint8Array = empty, timeoutNano = 0n, name = service): Uint8Array {
  return Request.encode({ service: name, method, payload, timeoutNano, metadata: [] }).finish();
}

function serve(): { peer: TtrpcPeer; done: Promise<void>; gate: Deferred } {
  const peer = ttrpcPeer();
  const gate = deferred();
  return {
    peer,
    done: serveTtrpcConnection(peer.stream, { methods: methods(gate), logger: silentLogger }),
    gate,
  };
}

/** An answer as its stream id and what it says. */
function answer(frame: TtrpcFrame | undefined): unknown[] {
  const { status, payload } = decodeTtrpcResponse(frame!.body!);
  return status === undefined
    ? [frame!.streamId, Buffer.from(payload).toString()]
    : [frame!.streamId, status.code, status.message];
}

/** Proves that the connection still works. */
async function expectAlive(peer: TtrpcPeer, streamId: number): Promise<void> {
  const before = peer.received.length;
  peer.send(streamId, ttrpcType.request, 0, request('Echo', Buffer.from('alive')));
  expect(answer((await peer.waitFor(before + 1))[before])).toEqual([streamId, 'alive']);
}

describe('the ttrpc server', () => {
  it('answers in the order of completion', async () => {
    const { peer, gate } = serve();
    peer.send(1, ttrpcType.request, 0, request('Wait', Buffer.from('slow')));
    peer.send(3, ttrpcType.request, 0, request('Echo', Buffer.from('fast')));
    await peer.waitFor(1);
    gate.resolve();
    expect((await peer.waitFor(2)).map(answer)).toEqual([
      [3, 'fast'],
      [1, 'slow'],
    ]);
  });

  it.each<[string, Uint8Array, number, string]>([
    ['an unknown service', request('Echo', empty, 0n, 'x.Y'), 12, 'service x.Y'],
    ['an unknown method', request('Nope'), 12, 'method Nope'],
    ['an empty body', empty, 12, 'service '],
    ['a refusal', request('Refuse'), 7, 'not here'],
    ['a bug of ours', request('Break'), 13, 'a bug'],
    ['an answer over 4 MiB', request('Large'), 8, describeOversize(ttrpcMaxBodyBytes + 5)],
    ['a deadline in the past', request('Wait', empty, -1n), 4, 'context deadline exceeded'],
    ['a deadline that passes', request('Wait', empty, 1n), 4, 'context deadline exceeded'],
  ])('answers %s with a status and goes on', async (_name, body, code, text) => {
    const { peer } = serve();
    peer.send(1, ttrpcType.request, 0, body);
    expect(answer((await peer.waitFor(1))[0])).toEqual([1, code, text]);
    await expectAlive(peer, 3);
  });

  it('answers a body that is no request with INVALID_ARGUMENT', async () => {
    const { peer } = serve();
    peer.send(1, ttrpcType.request, 0, Buffer.from('ffff', 'hex'));
    expect(answer((await peer.waitFor(1))[0])).toEqual([1, 3, matching(/^unmarshal request error: /)]);
    await expectAlive(peer, 3);
  });

  it.each([
    ['even', 2, 'StreamID must be odd for client initiated streams'],
    ['zero', 0, 'StreamID must be odd for client initiated streams'],
    ['reused', 5, 'StreamID cannot be re-used and must increment'],
    ['lower', 3, 'StreamID cannot be re-used and must increment'],
  ])('refuses a stream id that is %s', async (_name, streamId, text) => {
    const { peer } = serve();
    await expectAlive(peer, 5);
    peer.send(streamId, ttrpcType.request, 0, request('Echo'));
    expect(answer((await peer.waitFor(2))[1])).toEqual([streamId, 3, text]);
    await expectAlive(peer, 7);
  });

  it('serves a unary call whatever its flags', async () => {
    const { peer } = serve();
    for (const [index, flags] of [1, 2, 0xff].entries()) {
      peer.send(1 + 2 * index, ttrpcType.request, flags, request('Echo', Buffer.from('x')));
    }
    expect((await peer.waitFor(3)).map(answer)).toEqual([
      [1, 'x'],
      [3, 'x'],
      [5, 'x'],
    ]);
  });

  it('ignores responses and unknown types, and data on a call in the works', async () => {
    const { peer, gate } = serve();
    peer.send(1, ttrpcType.response, 0, Buffer.from('nonsense'));
    peer.send(1, 77, 0);
    peer.send(1, ttrpcType.request, 0, request('Wait', Buffer.from('w')));
    peer.send(1, ttrpcType.data, 0, Buffer.from('data'));
    gate.resolve();
    expect((await peer.waitFor(1)).map(answer)).toEqual([[1, 'w']]);
    await expectAlive(peer, 3);
  });

  it('answers data for a stream that is over or never was with INVALID_ARGUMENT', async () => {
    const { peer } = serve();
    await expectAlive(peer, 1);
    peer.send(1, ttrpcType.data, 0, Buffer.from('data'));
    peer.send(9, ttrpcType.data, 0, Buffer.from('data'));
    expect((await peer.waitFor(3)).slice(1).map(answer)).toEqual([
      [1, 3, 'StreamID is no longer active'],
      [9, 3, 'StreamID is no longer active'],
    ]);
  });

  it('serves a body of exactly 4 MiB, and discards a larger one with RESOURCE_EXHAUSTED', async () => {
    const { peer } = serve();
    const overhead = request('Wait', new Uint8Array(ttrpcMaxBodyBytes)).byteLength - ttrpcMaxBodyBytes;
    const exact = request('Nope', new Uint8Array(ttrpcMaxBodyBytes - overhead));
    expect(exact.byteLength).toBe(ttrpcMaxBodyBytes);
    peer.send(1, ttrpcType.request, 0, exact);
    expect(answer((await peer.waitFor(1))[0])).toEqual([1, 12, 'method Nope']);
    const header = Buffer.alloc(10);
    writeTtrpcHeader(header, ttrpcMaxBodyBytes + 1, 3, ttrpcType.request, 0);
    peer.far.write(Buffer.concat([header, new Uint8Array(ttrpcMaxBodyBytes + 1)]));
    expect(answer((await peer.waitFor(2))[1])).toEqual([3, 8, describeOversize(ttrpcMaxBodyBytes + 1)]);
    await expectAlive(peer, 5);
  });

  it.each([
    ['16 MiB announced', Buffer.from('ffffffff000000010100', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a TLS hello', Buffer.from('1603010200010001fc0303', 'hex')],
  ])('closes the connection on %s', async (_name, bytes) => {
    const { peer, done } = serve();
    peer.far.write(bytes);
    await done;
  });

  it('closes the connection that ends inside a frame', async () => {
    const { peer, done } = serve();
    peer.far.end(Buffer.from('000000ff0000', 'hex'));
    await done;
  });

  it('still answers what is in the works when the client has stopped sending, then closes', async () => {
    const { peer, done, gate } = serve();
    peer.send(1, ttrpcType.request, 0, request('Wait', Buffer.from('w')));
    peer.far.end();
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    expect((await peer.waitFor(1)).map(answer)).toEqual([[1, 'w']]);
    await done;
  });

  it('streams messages, then an end without data', async () => {
    const { peer } = serve();
    peer.send(1, ttrpcType.request, ttrpcFlag.remoteClosed, request('Stream', Uint8Array.of(7, 8)));
    const frames = await peer.waitFor(3);
    expect(frames.map(({ type, flags, body }) => [type, flags, ...(body ?? [])])).toEqual([
      [ttrpcType.data, 0, 7],
      [ttrpcType.data, 0, 8],
      [ttrpcType.data, ttrpcFlag.remoteClosed | ttrpcFlag.noData],
    ]);
  });

  it.each([
    ['fails', 0, 13, 'zero'],
    ['yields a message over 4 MiB', 255, 8, describeOversize(ttrpcMaxBodyBytes + 1)],
  ])('ends a stream that %s with a status', async (_name, byte, code, text) => {
    const { peer } = serve();
    peer.send(1, ttrpcType.request, ttrpcFlag.remoteClosed, request('Stream', Uint8Array.of(7, byte, 9)));
    const frames = await peer.waitFor(2);
    expect(frames.map(({ type }) => type)).toEqual([ttrpcType.data, ttrpcType.response]);
    expect(answer(frames[1])).toEqual([1, code, text]);
    await expectAlive(peer, 3);
  });

  it('aborts what is in the works when the client is gone', async () => {
    const peer = ttrpcPeer();
    const aborted = deferred();
    const started = deferred();
    const table: GuestMethodTable = new Map([
      [
        `${service}/Hang`,
        {
          kind: 'unary',
          handle: (_request, { signal }) => {
            signal.addEventListener('abort', () => {
              aborted.resolve();
            });
            started.resolve();
            return new Promise<Uint8Array>(() => undefined);
          },
        },
      ],
    ]);
    const done = serveTtrpcConnection(peer.stream, { methods: table, logger: silentLogger });
    peer.send(1, ttrpcType.request, 0, request('Hang'));
    await started.promise;
    peer.stream.destroy();
    await Promise.all([done, aborted.promise]);
  });

  it('stops reading from a client that does not read its answers', async () => {
    const { peer } = serve();
    peer.far.pause();
    const body = request('Echo', new Uint8Array(1024 * 1024));
    let streamId = -1;
    while (!peer.stream.isPaused()) {
      streamId += 2;
      peer.send(streamId, ttrpcType.request, 0, body);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.stream.writableLength).toBeLessThan(4 * body.byteLength);
    peer.far.resume();
    const frames = await peer.waitFor((streamId + 1) / 2);
    expect(frames.at(-1)?.streamId).toBe(streamId);
    await expectAlive(peer, streamId + 2);
  });
});
