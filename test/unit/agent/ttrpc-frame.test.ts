import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeChunk } from '../../../src/agent/wire/frame-decoder.ts';
import {
  describeOversize,
  encodeTtrpcFrame,
  TtrpcFrameDecoder,
  ttrpcMaxBodyBytes,
  writeTtrpcHeader,
  type TtrpcFrame,
} from '../../../src/agent/wire/ttrpc-frame.ts';
import { chunked, chunkSizes } from '../../support/chunks.ts';
import { errorOf } from '../../support/matching.ts';

const frames = fc.array(
  fc.record({
    streamId: fc.integer({ min: 0, max: 0xffff_ffff }),
    type: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    body: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 8 },
);

function header(bodyBytes: number, streamId = 1): Buffer {
  const bytes = Buffer.alloc(10);
  writeTtrpcHeader(bytes, bodyBytes, streamId, 2, 0);
  return bytes;
}

function decodeAll(chunks: Iterable<Uint8Array>): TtrpcFrame[] {
  const decoder = new TtrpcFrameDecoder();
  const decoded: TtrpcFrame[] = [];
  for (const chunk of chunks) decodeChunk(decoder, chunk, (frame) => decoded.push(frame));
  decoder.end();
  return decoded;
}

describe('ttrpc frames', () => {
  it('have a big-endian header of ten bytes', () => {
    const frame = encodeTtrpcFrame(0x01020304, 2, 0x05, Uint8Array.of(0xaa, 0xbb));
    expect(frame.toString('hex')).toBe('00000002010203040205aabb');
  });

  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, chunkSizes, (sent, sizes) => {
        const bytes = Buffer.concat(sent.map((f) => encodeTtrpcFrame(f.streamId, f.type, f.flags, f.body)));
        const received = decodeAll(chunked(bytes, sizes));
        expect(
          received.map(({ streamId, type, flags, body }) => ({
            streamId,
            type,
            flags,
            body: [...(body ?? [])],
          })),
        ).toEqual(sent.map((frame) => ({ ...frame, body: [...frame.body] })));
      }),
    );
  });

  it('may hold exactly 4 MiB', () => {
    const [frame] = decodeAll([encodeTtrpcFrame(7, 2, 0, Buffer.alloc(ttrpcMaxBodyBytes))]);
    expect(frame?.body?.byteLength).toBe(ttrpcMaxBodyBytes);
  });

  it('are refused before sending above that', () => {
    expect(() => encodeTtrpcFrame(1, 1, 0, new Uint8Array(ttrpcMaxBodyBytes + 1))).toThrow(
      errorOf('frame_too_large', describeOversize(ttrpcMaxBodyBytes + 1)),
    );
  });

  it('lose a body over the limit but not what follows it, however the stream is cut', () => {
    const size = ttrpcMaxBodyBytes + 1;
    const bytes = Buffer.concat([
      header(size, 5),
      Buffer.alloc(size),
      encodeTtrpcFrame(7, 2, 0, Buffer.from('ok')),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        const [oversize, next, ...rest] = decodeAll(chunked(bytes, sizes));
        expect(oversize).toEqual({ streamId: 5, type: 2, flags: 0, bodyBytes: size, body: undefined });
        expect([next?.streamId, Buffer.from(next?.body ?? []).toString()]).toEqual([7, 'ok']);
        expect(rest).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('announce an oversize body as soon as the header is there', () => {
    const decoder = new TtrpcFrameDecoder();
    decoder.push(header(ttrpcMaxBodyBytes + 1, 9));
    expect(decoder.next()?.streamId).toBe(9);
  });

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), /HTTP/],
    ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), /SSH banner/],
    ['a TLS alert', Buffer.from('15030300020228', 'hex'), /wants TLS/],
    ['16 MiB announced', header(16 * 1024 * 1024), /16777216 bytes was announced/],
  ])('fail for good on %s', (_name, bytes, message) => {
    expect(() => decodeAll([bytes])).toThrow(errorOf('frame_too_large', message));
  });

  it.each([
    ['the header', header(4).subarray(0, 7)],
    ['the body', Buffer.concat([header(4), Buffer.from('abc')])],
    ['an oversize body', Buffer.concat([header(ttrpcMaxBodyBytes + 1), Buffer.from('abc')])],
  ])('report a stream that ends inside %s', (_name, bytes) => {
    expect(() => decodeAll([bytes])).toThrow(errorOf('truncated_frame'));
  });
});
