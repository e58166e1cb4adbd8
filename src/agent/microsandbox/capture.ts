import { plain } from '../../base/text.ts';
import { AgentError } from '../errors.ts';
import { CborFloat, decodeCbor, isCborArray, isCborMap, type CborValue } from './cbor.ts';
import { decodeChunk } from '../wire/frame-decoder.ts';
import { decodeMicrosandboxEnvelope } from './envelope.ts';
import {
  MicrosandboxFrameDecoder,
  microsandboxFlag,
  microsandboxMaxFrameBytes,
  type MicrosandboxFrame,
} from './frame.ts';
import type { IdRange } from './handshake.ts';

/**
 * A value as JSON: byte strings are `{"$bytes": hex}`, integers beyond 2^53-1 `{"$uint": decimal}` or
 * `{"$int": decimal}`, floats that JSON lacks `{"$float": "NaN"}`, and secrets `{"$redacted": length}`.
 */
export type CapturedValue =
  null | boolean | number | string | readonly CapturedValue[] | { readonly [key: string]: CapturedValue };

/** One frame as JSON. */
export interface CapturedFrame {
  readonly id: number;
  readonly flags: number;
  /** `null` for a body without an envelope. */
  readonly v: number | null;
  /** Message type; `bulk.record` for a bulk record, `null` for any other body without an envelope. */
  readonly t: string | null;
  /** The decoded payload; `{"$raw": hex}` when it, or the body, is not what the protocol asks for. */
  readonly payload: CapturedValue;
}

/**
 * Keys of `core.ready` whose bytes give access to the sandbox to whoever has them, by the map that they are in. Generation
 * 9 writes `connection_id` as a list of numbers instead, which is shown.
 */
const secrets: Readonly<Record<string, string>> = {
  exec_control: 'connection',
  bulk_transport: 'connection_id',
};

/** What one side of a connection sent. */
export interface MicrosandboxCapture {
  /** Present when the bytes begin as a relay's do; the ready frame is then the first of `frames`. */
  readonly handshake?: IdRange;
  readonly frames: readonly CapturedFrame[];
}

/**
 * Decodes the bytes one side of a connection sent. Bodies that cannot be decoded are shown raw; only damage to the
 * framing itself is an error.
 *
 * @throws AgentError `invalid_frame`, `frame_too_large` or `truncated_frame`.
 */
export function decodeMicrosandboxCapture(bytes: Uint8Array): MicrosandboxCapture {
  const handshake = leadingRange(bytes);
  const decoder = new MicrosandboxFrameDecoder();
  const frames: CapturedFrame[] = [];
  decodeChunk(decoder, handshake === undefined ? bytes : bytes.subarray(8), (frame) => {
    frames.push(captureFrame(frame));
  });
  decoder.end();
  return handshake === undefined ? { frames } : { handshake, frames };
}

/** An id range at the front: no range is also the length of a frame, because each begins below 5 or above 4 MiB. */
function leadingRange(bytes: Uint8Array): IdRange | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 12) return undefined;
  const [start, endExclusive, length] = [view.readUInt32BE(0), view.readUInt32BE(4), view.readUInt32BE(8)];
  const isFrameLength = (word: number): boolean => word >= 5 && word <= microsandboxMaxFrameBytes;
  if (isFrameLength(start) || start >= endExclusive || !isFrameLength(length)) return undefined;
  return { start, endExclusive };
}

function captureFrame({ id, flags, body }: MicrosandboxFrame): CapturedFrame {
  if (flags === microsandboxFlag.bulkRecord && body.byteLength >= 12) {
    return { id, flags, v: null, t: 'bulk.record', payload: captureBulkRecord(body) };
  }
  try {
    const { v, t, p } = decodeMicrosandboxEnvelope(body);
    return { id, flags, v, t, payload: capturePayload(p) };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { id, flags, v: null, t: null, payload: raw(body) };
  }
}

function capturePayload(payload: Uint8Array): CapturedValue {
  try {
    const value = decodeCbor(payload, 'malformed_payload', plain`The payload`);
    return isCborMap(value) ? captureValue(value) : raw(payload);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return raw(payload);
  }
}

/** A bulk record: u8 kind, u8 flow (1 to the guest, 2 to the host), u16 zero, u64 offset, data. */
function captureBulkRecord(body: Uint8Array): CapturedValue {
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return {
    kind: view.readUInt8(0),
    flow: view.readUInt8(1),
    offset: { $uint: view.readBigUInt64BE(4).toString() },
    data: { $bytes: view.toString('hex', 12) },
  };
}

/** @param key the one under which `value` stands; empty at the top and inside lists. */
function captureValue(value: CborValue, key = ''): CapturedValue {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('hex') };
  if (typeof value === 'bigint') return value < 0n ? { $int: value.toString() } : { $uint: value.toString() };
  if (value instanceof CborFloat) {
    return Number.isFinite(value.value) ? value.value : { $float: String(value.value) };
  }
  if (isCborArray(value)) return value.map((item) => captureValue(item));
  // Object.fromEntries makes own properties of every key, __proto__ included.
  if (isCborMap(value)) {
    return Object.fromEntries(
      [...value].map(([name, item]) => [
        name,
        secrets[key] === name ? captureSecret(item) : captureValue(item, name),
      ]),
    );
  }
  return value;
}

function captureSecret(value: CborValue): CapturedValue {
  return value instanceof Uint8Array || typeof value === 'string'
    ? { $redacted: value.length }
    : captureValue(value);
}

/** Bytes as they are, unless a secret may be among them. */
function raw(bytes: Uint8Array): CapturedValue {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mayHoldSecret = Object.keys(secrets).some((key) => view.includes(key));
  return mayHoldSecret ? { $redacted: view.length } : { $raw: view.toString('hex') };
}
