import { describe, expect, test } from 'vitest';
import { encodeCbor, type CborInput } from '../../src/agent/microsandbox/cbor.ts';
import { decodeChunk } from '../../src/agent/wire/frame-decoder.ts';
import { decodeMicrosandboxCapture } from '../../src/agent/microsandbox/capture.ts';
import { MicrosandboxEncoder } from '../../src/agent/microsandbox/encoder.ts';
import {
  decodeMicrosandboxEnvelope,
  encodeMicrosandboxEnvelope,
} from '../../src/agent/microsandbox/envelope.ts';
import { encodeMicrosandboxFrame, type MicrosandboxFrame } from '../../src/agent/microsandbox/frame.ts';
import {
  readFileOperation,
  readFileResult,
  type FileResults,
} from '../../src/agent/microsandbox/file-messages.ts';
import { RelayDecoder, type RelayHandshake } from '../../src/agent/microsandbox/handshake.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxMessage,
  microsandboxMessageType,
} from '../../src/agent/microsandbox/messages.ts';
import { fromHex, loadVectors } from '../vectors/load.ts';
import { fromCaptured, isRaw, type MicrosandboxVector } from '../vectors/microsandbox.ts';

interface RecordedSession {
  readonly name: string;
  readonly id_start: number;
  readonly events: readonly { readonly dir?: string; readonly hex?: string }[];
}

const vectors = loadVectors<MicrosandboxVector[]>('microsandbox.json');
const handshakes = vectors.filter(({ type }) => type === 'relay.handshake');
const messages = vectors.filter(({ type }) => type.startsWith('core.'));
const wellFormed = messages.filter(({ payload }) => !isRaw(payload));
const typed = Object.values(microsandboxMessage);

describe('every recorded frame', () => {
  test.each(vectors.filter(({ type }) => type !== 'relay.handshake'))('is decoded: $name', (vector) => {
    const { id, flags, v, type, payload } = vector;
    const t = type === 'local_transport.offer' ? null : type;
    expect(decodeMicrosandboxCapture(fromHex(vector.frame_hex))).toEqual({
      frames: [{ id, flags, v, t, payload }],
    });
  });

  test.each(wellFormed)('is encoded byte for byte: $name', ({ id, flags, v, type, payload, frame_hex }) => {
    const p = encodeCbor(fromCaptured(payload));
    const body = encodeMicrosandboxEnvelope({ v: v!, t: type, p });
    expect(encodeMicrosandboxFrame({ id, flags, body }).toString('hex')).toBe(frame_hex);
  });

  test.each(wellFormed)('has the flags and the sender of its type: $name', (vector) => {
    const type = microsandboxMessageType(vector.type);
    if (type === undefined) {
      // Generation 9 and unknown here.
      expect(vector.type).toMatch(/^core\.bulk\./);
      return;
    }
    // Two vectors carry wrong flags on purpose, to provoke the agent.
    if (!vector.name.includes('error_flags')) expect(vector.flags).toBe(type.flags);
    if (vector.direction === 'guest-to-host') expect(['guest', 'both']).toContain(type.sender);
  });

  test.each(handshakes)(
    'is a handshake: $name',
    ({ frame_hex, id_start, id_end_exclusive, id, flags, v, payload }) => {
      expect(decodeMicrosandboxCapture(fromHex(frame_hex))).toEqual({
        handshake: { start: id_start, endExclusive: id_end_exclusive },
        frames: [{ id, flags, v, t: 'core.ready', payload }],
      });
    },
  );
});

describe('every message of the typed table', () => {
  const ofTable = wellFormed.filter(({ type }) => typed.some(({ name }) => name === type));

  const decode = ({ type, frame_hex }: MicrosandboxVector): object => {
    const known = typed.find(({ name }) => name === type)!;
    const { p } = decodeMicrosandboxEnvelope(fromHex(frame_hex).subarray(9));
    return decodeMicrosandboxPayload<object>(known, p);
  };
  // Some were sent to see how the agent refuses them.
  const isDamaged = ({ name }: MicrosandboxVector): boolean =>
    /error_(exec_without_cmd|exec_cmd_not_text|tcp_port_65536)_(exec|tcp)/.test(name);

  test.each(ofTable.filter((vector) => !isDamaged(vector)))('passes its validation: $name', (vector) => {
    expect(() => decode(vector)).not.toThrow();
  });

  test.each(ofTable.filter(isDamaged))('is refused as by the real agent: $name', (vector) => {
    expect(() => decode(vector)).toThrow(expect.objectContaining({ code: 'malformed_payload' }));
  });

  const sendable = [
    microsandboxMessage.ping,
    microsandboxMessage.touch,
    microsandboxMessage.clockSync,
    microsandboxMessage.fsRequest,
    microsandboxMessage.fsData,
    microsandboxMessage.execRequest,
    microsandboxMessage.execStdin,
    microsandboxMessage.execResize,
    microsandboxMessage.execSignal,
    microsandboxMessage.tcpConnect,
    microsandboxMessage.tcpData,
    microsandboxMessage.tcpEof,
    microsandboxMessage.tcpClose,
  ] as const;
  // Some vectors provoke the agent, among them a ping that claims a generation without pings.
  const sent = ofTable.filter(
    ({ type, v, name }) =>
      sendable.some((known) => known.name === type && known.generation <= v!) && !name.includes('error_'),
  );
  const requests = sent.filter(({ type }) => type === microsandboxMessage.fsRequest.name);

  test.each(requests)('is a file operation of the table: $name', ({ frame_hex }) => {
    const { p } = decodeMicrosandboxEnvelope(fromHex(frame_hex).subarray(9));
    const { op } = decodeMicrosandboxPayload(microsandboxMessage.fsRequest, p);
    expect(readFileOperation(op)?.name).toBe(op.name);
  });

  const answers = ofTable.filter(({ type }) => type === microsandboxMessage.fsResponse.name);

  test.each(answers)('is a file result of the table: $name', ({ frame_hex }) => {
    const { p } = decodeMicrosandboxEnvelope(fromHex(frame_hex).subarray(9));
    const { data } = decodeMicrosandboxPayload(microsandboxMessage.fsResponse, p);
    if (data !== null) expect(readFileResult(data.name as keyof FileResults, data)).toBeDefined();
  });

  test.each(sent)(
    'is written by the send table byte for byte: $name',
    ({ id, v, type, payload, frame_hex }) => {
      const known = sendable.find(({ name }) => name === type) as (typeof sendable)[0];
      const encoder = new MicrosandboxEncoder('client', v!);
      // The vector's payload fits the type that its name selects.
      const frame = encoder.encode(known, id, fromCaptured(payload) as Record<string, never>);
      expect(frame.toString('hex')).toBe(frame_hex);
      expect(encoder.encode(known, id, fromCaptured(payload) as Record<string, never>)).toEqual(frame);
    },
  );
});

describe('every recorded conversation', () => {
  const sessions = loadVectors<RecordedSession[]>('microsandbox-sessions.json');

  test.each(sessions)('is decoded to its last byte, cut anywhere: $name', ({ events, id_start }) => {
    const received = Buffer.concat(
      events.flatMap(({ dir, hex }) => (dir === 'guest-to-host' && hex !== undefined ? [fromHex(hex)] : [])),
    );
    const decodeInPieces = (size: number): (RelayHandshake | MicrosandboxFrame)[] => {
      const decoder = new RelayDecoder();
      const items: (RelayHandshake | MicrosandboxFrame)[] = [];
      for (let start = 0; start < received.length; start += size) {
        decodeChunk(decoder, Buffer.from(received.subarray(start, start + size)), (item) => items.push(item));
      }
      decoder.end();
      return items;
    };
    const whole = decodeInPieces(received.length);
    expect(whole[0]).toMatchObject({ range: { start: id_start } });
    for (const size of [1, 7, 4096]) expect(decodeInPieces(size)).toEqual(whole);
  });
});

test('integers keep 64 bits, and the encoder never writes a float', () => {
  const input: CborInput = { unix_time_nanos: 2n ** 64n - 1n };
  expect(Buffer.from(encodeCbor(input)).toString('hex')).toBe(
    'a16f756e69785f74696d655f6e616e6f731bffffffffffffffff',
  );
});
