import * as l10n from '../../base/l10n.ts';
import { AgentError, sentences } from '../errors.ts';
import { ByteQueue } from '../../base/byte-queue.ts';
import { plain, type PlainText } from '../../base/text.ts';
import { FirstBytes, foreignProtocolHint } from './foreign-protocol.ts';
import type { FrameDecoder } from './frame-decoder.ts';
import { tooLarge } from './frame-length.ts';

/**
 * One ttrpc frame, all integers big-endian:
 *
 * | bytes | field |
 * |---|---|
 * | 4 | length of the body |
 * | 4 | stream id: one a call, odd when the client opened it |
 * | 1 | message type, see {@link ttrpcType} |
 * | 1 | flags, see {@link ttrpcFlag} |
 * | rest | body |
 *
 * Source: containerd/ttrpc's PROTOCOL.md and its Go implementation.
 */
export interface TtrpcFrame {
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  /** The body's length as announced. */
  readonly bodyBytes: number;
  /** A view of the received bytes; `undefined` when the body exceeds {@link ttrpcMaxBodyBytes} and is discarded. */
  readonly body: Uint8Array | undefined;
}

/** What the body of a frame is. */
export const ttrpcType = {
  /** An encoded `Request`. */
  request: 1,
  /** An encoded `Response`. */
  response: 2,
  /** The bare message of a stream. */
  data: 3,
} as const;

/** Flags of requests and data frames; responses have none. */
export const ttrpcFlag = {
  /** The sender sends nothing more on this stream. */
  remoteClosed: 0x01,
  /** The sender will send data frames. */
  remoteOpen: 0x02,
  /** The frame carries no message, which tells it from an empty message. */
  noData: 0x04,
} as const;

/** Largest body, inclusive, in bytes. A larger one costs its call, not the connection. */
export const ttrpcMaxBodyBytes = 4 * 1024 * 1024;

/** Bytes in front of every body. */
export const ttrpcHeaderBytes = 10;

/** Bodies from here on are no slip but another protocol or damage: they would take the connection with them. */
const hopelessBodyBytes = 16 * 1024 * 1024;

/** Writes a header to the start of `frame`. */
export function writeTtrpcHeader(
  frame: Buffer,
  bodyBytes: number,
  streamId: number,
  type: number,
  flags: number,
): void {
  frame.writeUInt32BE(bodyBytes, 0);
  frame.writeUInt32BE(streamId, 4);
  frame[8] = type;
  frame[9] = flags;
}

/**
 * Encodes one frame.
 *
 * @throws AgentError `frame_too_large` in the words of the Go implementation.
 */
export function encodeTtrpcFrame(streamId: number, type: number, flags: number, body: Uint8Array): Buffer {
  checkTtrpcBodyBytes(body.byteLength);
  const frame = Buffer.allocUnsafe(ttrpcHeaderBytes + body.byteLength);
  writeTtrpcHeader(frame, body.byteLength, streamId, type, flags);
  frame.set(body, ttrpcHeaderBytes);
  return frame;
}

/**
 * Checks the length of a body that is to be sent.
 *
 * @throws AgentError `frame_too_large`.
 */
export function checkTtrpcBodyBytes(bodyBytes: number): void {
  if (bodyBytes > ttrpcMaxBodyBytes) throw new AgentError('frame_too_large', describeOversize(bodyBytes));
}

/** The sentence for a body over the limit, as the Go implementation writes it. */
export function describeOversize(bodyBytes: number): PlainText {
  return plain`message length ${bodyBytes} exceed maximum message size of ${ttrpcMaxBodyBytes}`;
}

/**
 * Decodes a stream of ttrpc frames; see {@link FrameDecoder} for its use and errors. A body over the limit comes out
 * as a frame without a body as soon as its header is known, and is discarded as it arrives.
 */
export class TtrpcFrameDecoder implements FrameDecoder<TtrpcFrame> {
  readonly #queue = new ByteQueue();
  readonly #first = new FirstBytes();
  #discarding = 0;

  push(chunk: Uint8Array): void {
    this.#first.push(chunk);
    const skipped = Math.min(this.#discarding, chunk.byteLength);
    this.#discarding -= skipped;
    if (skipped < chunk.byteLength) this.#queue.push(skipped === 0 ? chunk : chunk.subarray(skipped));
  }

  next(): TtrpcFrame | undefined {
    const queue = this.#queue;
    if (queue.length < 4) return undefined;
    const bodyBytes = queue.peekUint32(0);
    if (bodyBytes >= hopelessBodyBytes) {
      throw tooLarge(bodyBytes, ttrpcMaxBodyBytes, this);
    }
    if (queue.length < ttrpcHeaderBytes) return undefined;
    const oversize = bodyBytes > ttrpcMaxBodyBytes;
    if (!oversize && queue.length < ttrpcHeaderBytes + bodyBytes) return undefined;
    const streamId = queue.peekUint32(4);
    const type = queue.peekUint8(8);
    const flags = queue.peekUint8(9);
    if (oversize) {
      const arrived = Math.min(queue.length, ttrpcHeaderBytes + bodyBytes);
      queue.take(arrived);
      this.#discarding = ttrpcHeaderBytes + bodyBytes - arrived;
      return { streamId, type, flags, bodyBytes, body: undefined };
    }
    const body = queue.take(ttrpcHeaderBytes + bodyBytes).subarray(ttrpcHeaderBytes);
    return { streamId, type, flags, bodyBytes, body };
  }

  end(): void {
    if (this.#queue.length > 0 || this.#discarding > 0) {
      throw new AgentError(
        'truncated_frame',
        sentences(l10n.t('The stream ended inside a frame.'), this.hint()),
      );
    }
  }

  hint(): PlainText {
    return foreignProtocolHint(this.#first.queue, l10n.t('this is not a ttrpc agent'), 'arcbox-ttrpc');
  }
}
