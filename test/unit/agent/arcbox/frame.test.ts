import { describe, expect, test } from 'vitest';
import {
  ArcboxFrameDecoder,
  arcboxMaxFrameBytes,
  arcboxMaxTraceIdBytes,
  encodeArcboxFrame,
  hexType,
  type ArcboxFrame,
} from '../../../../src/agent/arcbox/frame.ts';
import { errorOf } from '../../../support/matching.ts';

const nothing = new Uint8Array();

/** What comes out of a decoder that got `bytes` in one piece. */
function decode(bytes: Uint8Array, acceptType?: (type: number) => boolean): ArcboxFrame | undefined {
  const decoder = new ArcboxFrameDecoder(acceptType === undefined ? {} : { acceptType });
  decoder.push(bytes);
  return decoder.next();
}

describe('an ArcBox frame', () => {
  test('has a header of ten bytes, big-endian, before its trace id and its payload', () => {
    const frame = encodeArcboxFrame(0x01020304, Uint8Array.of(0xaa, 0xbb), 'ü');
    expect(frame.toString('hex')).toBe('0000000a' + '01020304' + '0002' + 'c3bc' + 'aabb');
    expect(decode(frame)).toMatchObject({ type: 0x01020304, traceId: 'ü', traceIdIsValid: true });
    expect([...decode(frame)!.payload]).toEqual([0xaa, 0xbb]);
    expect(decode(encodeArcboxFrame(1, nothing))).toMatchObject({ traceId: '', traceIdIsValid: true });
  });

  test('loses a trace id that is not UTF-8, and says so', () => {
    const frame = decode(Buffer.from('00000009' + '00001001' + '0002' + 'c328' + 'aa', 'hex'));
    expect(frame).toMatchObject({ traceId: '', traceIdIsValid: false });
    expect([...frame!.payload]).toEqual([0xaa]);
  });

  test('is written and read up to its limit, and not a byte above it', () => {
    const most = arcboxMaxFrameBytes - 6;
    const largest = encodeArcboxFrame(1, new Uint8Array(most));
    expect(decode(largest)?.payload.byteLength).toBe(most);
    expect(() => encodeArcboxFrame(1, new Uint8Array(most + 1))).toThrow(errorOf('frame_too_large'));
    // The trace id counts too.
    expect(() => encodeArcboxFrame(1, new Uint8Array(most), 'x')).toThrow(errorOf('frame_too_large'));
    // Four bytes are enough to know: it is not waited for.
    expect(() => decode(Buffer.from('01000001', 'hex'))).toThrow(
      errorOf('frame_too_large', /16777217 bytes was announced/),
    );
    expect(decode(Buffer.from('01000000', 'hex'))).toBeUndefined();
  });

  test('takes a trace id up to its limit in bytes, not in characters', () => {
    const most = 'x'.repeat(arcboxMaxTraceIdBytes);
    expect(decode(encodeArcboxFrame(1, nothing, most))?.traceId).toBe(most);
    const over = 'ü'.repeat((arcboxMaxTraceIdBytes + 1) / 2);
    expect(() => encodeArcboxFrame(1, nothing, over)).toThrow(errorOf('frame_too_large', /65536 bytes/));
  });

  test('that is shorter than its header, or than its trace id, is refused', () => {
    expect(() => decode(Buffer.from('00000005', 'hex'))).toThrow(errorOf('invalid_frame', /header needs 6/));
    expect(decode(Buffer.from('00000006' + '00001001' + '0000', 'hex'))?.payload).toHaveLength(0);
    expect(decode(Buffer.from('00000007' + '00001001' + '0001' + '61', 'hex'))?.traceId).toBe('a');
    expect(() => decode(Buffer.from('00000007' + '00001001' + '0002', 'hex'))).toThrow(
      errorOf('invalid_frame', /2 bytes was announced inside a frame of 7/),
    );
  });

  test('of a type that is not accepted is refused as soon as the type is there', () => {
    const onlyPong = (type: number): boolean => type === 0x1001;
    const start = Buffer.from('00000006' + '00001002', 'hex');
    expect(decode(start.subarray(0, 7), onlyPong)).toBeUndefined();
    expect(() => decode(start, onlyPong)).toThrow(errorOf('unexpected_message_type', /0x1002/));
    expect(decode(encodeArcboxFrame(0x1001, nothing), onlyPong)?.type).toBe(0x1001);
    expect(decode(encodeArcboxFrame(0x1002, nothing))?.type).toBe(0x1002);
  });

  test('comes out when its last byte is there, byte by byte, and leaves what follows', () => {
    const bytes = Buffer.concat([
      encodeArcboxFrame(1, Buffer.from('one'), 't'),
      encodeArcboxFrame(2, nothing),
    ]);
    const decoder = new ArcboxFrameDecoder();
    const ends: number[] = [];
    for (const [index, byte] of bytes.entries()) {
      decoder.push(Uint8Array.of(byte));
      if (decoder.next() !== undefined) ends.push(index + 1);
    }
    expect(ends).toEqual([14, 24]);
    decoder.end();
  });

  test('that is cut off by the end of the stream is told with the bytes that came', () => {
    const decoder = new ArcboxFrameDecoder();
    decoder.end();
    decoder.push(Uint8Array.of(0));
    expect(() => {
      decoder.end();
    }).toThrow(errorOf('truncated_frame', /1 bytes after its start/));
  });
});

test('a type is written with at least four hexadecimal digits', () => {
  expect([hexType(1), hexType(0x1001), hexType(0xffff_ffff)]).toEqual(['0x0001', '0x1001', '0xffffffff']);
});
