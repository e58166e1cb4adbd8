import { isUtf8 } from 'node:buffer';
import * as l10n from '../../base/l10n.ts';
import { AgentError, sentences } from '../errors.ts';
import { ByteQueue } from '../../base/byte-queue.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { FirstBytes, foreignProtocolHint } from '../wire/foreign-protocol.ts';
import type { FrameDecoder } from '../wire/frame-decoder.ts';
import { checkEnd, checkFrameLength, lengthBytes, peekFrameLength } from '../wire/frame-length.ts';

/**
 * One ArcBox frame ("V2"), all integers big-endian:
 *
 * | bytes | field |
 * |---|---|
 * | 4 | length of everything after this field, at least 6 |
 * | 4 | message type |
 * | 2 | trace id length |
 * | n | trace id, UTF-8 |
 * | rest | payload |
 */
export interface ArcboxFrame {
  readonly type: number;
  /** Free text that a reply repeats; empty when absent or not valid UTF-8. Never a correlation key. */
  readonly traceId: string;
  /** False when the trace id's bytes were not UTF-8 and were dropped. */
  readonly traceIdIsValid: boolean;
  readonly payload: Uint8Array;
}

/** Largest value of the length field that ArcBox's host accepts, inclusive. */
export const arcboxMaxFrameBytes = 16 * 1024 * 1024;

/** Largest trace id, in bytes: its length field has 16 bits. */
export const arcboxMaxTraceIdBytes = 0xffff;

/** A message type as it is written in errors, such as `0x1001`. */
export function hexType(type: number): PlainText {
  return plainText(`0x${type.toString(16).padStart(4, '0')}`, 10);
}

const minLength = 6;
const lengths = { min: minLength, max: arcboxMaxFrameBytes };
const headerBytes = lengthBytes + minLength;

/**
 * Encodes one frame.
 *
 * @throws AgentError `frame_too_large` when the trace id or the frame exceeds its limit.
 */
export function encodeArcboxFrame(type: number, payload: Uint8Array, traceId = ''): Buffer {
  const traceIdBytes = Buffer.byteLength(traceId);
  if (traceIdBytes > arcboxMaxTraceIdBytes) {
    throw new AgentError(
      'frame_too_large',
      l10n.t(
        'The trace id has {0} bytes; at most {1} fit into a frame.',
        traceIdBytes,
        arcboxMaxTraceIdBytes,
      ),
    );
  }
  const length = minLength + traceIdBytes + payload.byteLength;
  checkFrameLength(length, arcboxMaxFrameBytes);
  const frame = Buffer.allocUnsafe(lengthBytes + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(type, 4);
  frame.writeUInt16BE(traceIdBytes, 8);
  frame.write(traceId, headerBytes);
  frame.set(payload, headerBytes + traceIdBytes);
  return frame;
}

/** Settings of an {@link ArcboxFrameDecoder}. */
export interface ArcboxFrameDecoderOptions {
  /**
   * Asked as soon as a frame's type is known, before its body is waited for; `false` ends the stream with
   * `unexpected_message_type`. Absent: every type is accepted.
   */
  readonly acceptType?: (type: number) => boolean;
}

/** Decodes a stream of ArcBox frames; see {@link FrameDecoder} for its use and errors. */
export class ArcboxFrameDecoder implements FrameDecoder<ArcboxFrame> {
  readonly #queue = new ByteQueue();
  readonly #first = new FirstBytes();
  readonly #acceptType: ((type: number) => boolean) | undefined;

  constructor(options: ArcboxFrameDecoderOptions = {}) {
    this.#acceptType = options.acceptType;
  }

  push(chunk: Uint8Array): void {
    this.#first.push(chunk);
    this.#queue.push(chunk);
  }

  next(): ArcboxFrame | undefined {
    const queue = this.#queue;
    const length = peekFrameLength(queue, lengths, this);
    if (length === undefined) return undefined;
    if (queue.length >= 8 && this.#acceptType?.(queue.peekUint32(4)) === false) {
      throw new AgentError(
        'unexpected_message_type',
        l10n.t('Message type {0} is unknown.', hexType(queue.peekUint32(4))),
      );
    }
    if (queue.length < headerBytes) return undefined;
    const traceIdBytes = queue.peekUint16(8);
    if (minLength + traceIdBytes > length) {
      throw new AgentError(
        'invalid_frame',
        sentences(
          l10n.t('A trace id of {0} bytes was announced inside a frame of {1} bytes.', traceIdBytes, length),
          this.hint(),
        ),
      );
    }
    if (queue.length < lengthBytes + length) return undefined;
    const frame = queue.take(lengthBytes + length);
    const traceIdEnd = headerBytes + traceIdBytes;
    const traceId = frame.subarray(headerBytes, traceIdEnd);
    const traceIdIsValid = isUtf8(traceId);
    return {
      type: frame.readUInt32BE(4),
      traceId: traceIdIsValid ? traceId.toString() : '',
      traceIdIsValid,
      payload: frame.subarray(traceIdEnd),
    };
  }

  end(): void {
    checkEnd(this.#queue, this);
  }

  hint(): PlainText {
    return foreignProtocolHint(this.#first.queue, l10n.t('this is not an ArcBox agent'), 'arcbox');
  }
}
