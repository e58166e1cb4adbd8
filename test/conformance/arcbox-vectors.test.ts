import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArcboxFrameDecoder, type ArcboxFrame } from '../../src/agent/arcbox/frame.ts';
import { decodeArcboxCapture, encodeArcboxMessage } from '../../src/agent/arcbox/json.ts';
import { decodeChunk } from '../../src/agent/wire/frame-decoder.ts';
import { fromHex, loadVectors } from '../vectors/load.ts';

interface MessageVector {
  readonly name: string;
  readonly message: string;
  readonly json: unknown;
  readonly frame_type: number | null;
  readonly trace_id: string;
  readonly frame_hex: string | null;
  readonly payload_hex: string;
  readonly kind: 'roundtrip' | 'decode_only';
  readonly canonical_payload_hex?: string;
}

interface StreamVector {
  readonly name: string;
  readonly chunks_hex: readonly string[];
  readonly frames: readonly { frame_type: number; trace_id: string; payload_hex: string }[];
}

const messages = loadVectors<MessageVector[]>('arcbox.json');
const framed = messages.filter((vector) => vector.frame_hex !== null && vector.frame_type !== null);
const streams = loadVectors<StreamVector[]>('arcbox-streams.json');

function decodeChunks(chunks: readonly Uint8Array[]): ArcboxFrame[] {
  const decoder = new ArcboxFrameDecoder();
  const frames: ArcboxFrame[] = [];
  for (const chunk of chunks) decodeChunk(decoder, chunk, (frame) => frames.push(frame));
  decoder.end();
  return frames;
}

function encode({ message, json, frame_type, trace_id }: MessageVector): string {
  return encodeArcboxMessage({ message, json, type: frame_type!, traceId: trace_id }).toString('hex');
}

describe('messages in frames', () => {
  test.each(framed)('$name decodes to its JSON', (vector) => {
    const [frame, ...more] = decodeArcboxCapture(fromHex(vector.frame_hex!));
    expect(more).toEqual([]);
    // Through text, because that is how the command line prints it.
    expect(JSON.parse(JSON.stringify(frame))).toEqual({
      type: vector.frame_type,
      traceId: vector.trace_id,
      message: vector.message,
      json: vector.json,
    });
  });

  test.each(framed.filter(({ kind }) => kind === 'roundtrip'))('$name encodes to its bytes', (vector) => {
    expect(encode(vector)).toBe(vector.frame_hex);
  });

  test.each(framed.filter(({ kind }) => kind === 'decode_only'))('$name encodes canonically', (vector) => {
    expect(encode(vector).endsWith(vector.canonical_payload_hex!)).toBe(true);
  });
});

describe('frames cut at awkward places', () => {
  test.each(streams)('$name', ({ chunks_hex, frames }) => {
    expect(
      decodeChunks(chunks_hex.map(fromHex)).map(({ type, traceId, payload }) => ({
        frame_type: type,
        trace_id: traceId,
        payload_hex: Buffer.from(payload).toString('hex'),
      })),
    ).toEqual(frames);
  });

  test('every cutting of several frames gives the same frames', () => {
    const small = framed.filter(({ frame_hex }) => frame_hex!.length < 400);
    const capture = Buffer.concat(small.map(({ frame_hex }) => fromHex(frame_hex!)));
    const whole = decodeChunks([capture]);
    expect(whole).toHaveLength(small.length);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: capture.length }), { maxLength: 60 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), capture.length];
        const chunks = edges.slice(1).map((edge, index) => capture.subarray(edges[index], edge));
        expect(decodeChunks(chunks)).toEqual(whole);
      }),
    );
    expect(decodeChunks([...capture].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });
});
