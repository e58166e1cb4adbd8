import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../../src/agent/errors.ts';
import { decodeChunk, type FrameDecoder } from '../../../../src/agent/wire/frame-decoder.ts';
import { decodeMicrosandboxCapture } from '../../../../src/agent/microsandbox/capture.ts';
import { MicrosandboxEncoder } from '../../../../src/agent/microsandbox/encoder.ts';
import {
  decodeMicrosandboxEnvelope,
  encodeMicrosandboxEnvelope,
  readAnyEnvelope,
  type MicrosandboxEnvelope,
} from '../../../../src/agent/microsandbox/envelope.ts';
import {
  encodeMicrosandboxFrame,
  MicrosandboxFrameDecoder,
  microsandboxMaxFrameBytes,
  type MicrosandboxFrame,
} from '../../../../src/agent/microsandbox/frame.ts';
import { RelayDecoder } from '../../../../src/agent/microsandbox/handshake.ts';
import { microsandboxMessage as message, passiveTypes } from '../../../../src/agent/microsandbox/messages.ts';

const anyFrame: fc.Arbitrary<MicrosandboxFrame> = fc.record({
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  flags: fc.integer({ min: 0, max: 255 }),
  body: fc.uint8Array({ maxLength: 200 }),
});

function decodeCut<Frame>(decoder: FrameDecoder<Frame>, bytes: Buffer, cuts: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let start = 0;
  for (const end of places) {
    decodeChunk(decoder, Buffer.from(bytes.subarray(start, end)), (frame) => frames.push(frame));
    start = end;
  }
  decoder.end();
  return frames;
}

const plain = ({ id, flags, body }: MicrosandboxFrame): object => ({ id, flags, body: [...body] });

describe('the frame codec', () => {
  test('returns every frame, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map((frame) => encodeMicrosandboxFrame(frame)));
        expect(decodeCut(new MicrosandboxFrameDecoder(), bytes, cuts).map(plain)).toEqual(frames.map(plain));
      }),
    );
  });

  test('says at the end of the stream that a frame is incomplete, wherever it was cut', () => {
    const bytes = encodeMicrosandboxFrame({ id: 1, flags: 0, body: new Uint8Array(20) });
    for (let length = 1; length < bytes.length; length++) {
      const decoder = new MicrosandboxFrameDecoder();
      decoder.push(bytes.subarray(0, length));
      expect(decoder.next()).toBeUndefined();
      expect(() => {
        decoder.end();
      }).toThrow(expect.objectContaining({ code: 'truncated_frame' }));
    }
  });

  test('refuses a length on its four bytes alone', () => {
    for (const [length, code] of [
      [4, 'invalid_frame'],
      [microsandboxMaxFrameBytes + 1, 'frame_too_large'],
      [0xffff_ffff, 'frame_too_large'],
    ] as const) {
      const decoder = new MicrosandboxFrameDecoder();
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(length);
      decoder.push(prefix);
      expect(() => decoder.next()).toThrow(expect.objectContaining({ code }));
    }
  });

  test('takes the largest frame and refuses to write a larger one', () => {
    const body = new Uint8Array(microsandboxMaxFrameBytes - 5);
    const bytes = encodeMicrosandboxFrame({ id: 1, flags: 0, body });
    expect(decodeCut(new MicrosandboxFrameDecoder(), bytes, [])[0]?.body.byteLength).toBe(body.byteLength);
    expect(() =>
      encodeMicrosandboxFrame({ id: 1, flags: 0, body: new Uint8Array(body.byteLength + 1) }),
    ).toThrow(expect.objectContaining({ code: 'frame_too_large' }));
  });
});

describe('the envelope', () => {
  const outcome = (read: (body: Uint8Array) => MicrosandboxEnvelope, body: Uint8Array): unknown => {
    try {
      const { v, t, p } = read(body);
      return { v, t, p: [...p] };
    } catch (error) {
      return (error as AgentError).code;
    }
  };
  const envelope = fc.record({
    v: fc.integer({ min: 0, max: 255 }),
    t: fc.oneof(
      fc.constant('core.pong'),
      fc.string({ maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    ),
    p: fc.uint8Array({ maxLength: 300 }),
  });

  test('returns what was written', () => {
    fc.assert(
      fc.property(envelope, ({ v, t, p }) => {
        const body = encodeMicrosandboxEnvelope({ v, t, p });
        expect(outcome(decodeMicrosandboxEnvelope, body)).toEqual({ v, t, p: [...p] });
      }),
    );
  });

  test('is read alike by the short way and by the general one, damaged or not', () => {
    fc.assert(
      fc.property(
        envelope,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
        fc.nat(),
        (parts, changes, cut) => {
          const whole = encodeMicrosandboxEnvelope(parts);
          for (const [place, byte] of changes) whole[place % Math.min(40, whole.length)] = byte;
          const body = cut % 3 === 0 ? whole.subarray(0, cut % (whole.length + 1)) : whole;
          expect(outcome(decodeMicrosandboxEnvelope, body)).toEqual(outcome(readAnyEnvelope, body));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('the handshake', () => {
  const ready = new MicrosandboxEncoder('guest', 7).encode(message.ready, 0, {
    boot_time_ns: 2n ** 64n - 1n,
    init_time_ns: 2n,
    ready_time_ns: 3n,
  });
  const range = Buffer.from('fdffff82fffffff0', 'hex');

  test('is read wherever it is cut, with the frames behind it', () => {
    const pong = new MicrosandboxEncoder('guest', 7).encode(message.pong, 9, {});
    const bytes = Buffer.concat([range, ready, pong]);
    fc.assert(
      fc.property(fc.array(fc.nat()), (cuts) => {
        expect(decodeCut(new RelayDecoder(), bytes, cuts)).toMatchObject([
          {
            range: { start: 0xfdffff82, endExclusive: 0xfffffff0 },
            ready: { generation: 7, payload: { boot_time_ns: 2n ** 64n - 1n, agent_version: null } },
          },
          { id: 9, flags: 1 },
        ]);
      }),
    );
  });

  test.each([
    ['the relay of a version before 0.5', '0000000000000067', /older than microsandbox 0\.5/],
    ['text', Buffer.from('SSH-2.0-').toString('hex'), /SSH banner/],
    ['an empty range', '0000000100000001', /unusable/],
  ])('names %s', (_, hex, words) => {
    const decoder = new RelayDecoder();
    decoder.push(Buffer.from(hex, 'hex'));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'handshake_failed' }));
    const again = new RelayDecoder();
    again.push(Buffer.from(hex, 'hex'));
    expect(() => again.next()).toThrow(words);
  });
});

describe('the send table', () => {
  test('sets type, flags and version by itself, whatever the generation', () => {
    for (const generation of [6, 7, 200]) {
      const encoder = new MicrosandboxEncoder('client', generation);
      const { frames } = decodeMicrosandboxCapture(
        encoder.encode(message.fsRequest, 5, { op: { List: { path: '/' } } }),
      );
      expect(frames).toMatchObject([{ id: 5, flags: 2, t: 'core.fs.request', v: generation }]);
    }
  });

  test('never writes a version below 5, at which a mistake would be fatal', () => {
    const frame = new MicrosandboxEncoder('client', 2).encode(message.fsRequest, 5, { op: {} });
    expect(decodeMicrosandboxCapture(frame).frames[0]?.v).toBe(5);
  });

  test('refuses what the generation lacks', () => {
    expect(() => new MicrosandboxEncoder('client', 5).encode(message.ping, 1, {})).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });

  test('refuses, even when the compiler was got round, everything a client must not send', () => {
    const forbidden = [...Object.values(message), ...passiveTypes].filter(
      ({ sender }) => sender !== 'client' && sender !== 'both',
    );
    expect(forbidden.map(({ name }) => name)).toContain('core.relay.client.disconnected');
    expect(forbidden.map(({ name }) => name)).toContain('core.shutdown');
    for (const type of forbidden) {
      // @ts-expect-error -- the compiler refuses it too
      expect(() => new MicrosandboxEncoder('client', 9).encode(type, 1, {})).toThrow(AgentError);
    }
  });

  test('keeps requests below 256 KiB', () => {
    const op = { List: { path: 'x'.repeat(256 * 1024) } };
    expect(() => new MicrosandboxEncoder('client', 7).encode(message.fsRequest, 1, { op })).toThrow(
      expect.objectContaining({ code: 'frame_too_large' }),
    );
  });

  test('gives every repetition its own id', () => {
    const encoder = new MicrosandboxEncoder('client', 7);
    const first = encoder.encode(message.ping, 1, {});
    const second = encoder.encode(message.ping, 0xffff_fffe, {});
    expect(first.readUInt32BE(4)).toBe(1);
    expect(second.readUInt32BE(4)).toBe(0xffff_fffe);
  });
});
