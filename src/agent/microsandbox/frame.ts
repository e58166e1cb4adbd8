import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { ByteQueue } from '../../base/byte-queue.ts';
import { FirstBytes, foreignProtocolHint } from '../wire/foreign-protocol.ts';
import type { FrameDecoder } from '../wire/frame-decoder.ts';
import { checkEnd, checkFrameLength, lengthBytes, peekFrameLength } from '../wire/frame-length.ts';

/**
 * One microsandbox frame, all integers big-endian:
 *
 * | bytes | field |
 * |---|---|
 * | 4 | length of everything after this field, at least 5 |
 * | 4 | correlation id; 0 belongs to the relay and the host |
 * | 1 | flags |
 * | rest | body: a CBOR envelope, or raw bytes in a bulk record |
 */
export interface MicrosandboxFrame {
  readonly id: number;
  readonly flags: number;
  /** A view of the received bytes. */
  readonly body: Uint8Array;
}

/** Bits of a frame's flags; every message type has one exact value. */
export const microsandboxFlag = {
  none: 0,
  /** The last frame of its id. */
  terminal: 1,
  /** The first frame of a session that its id stands for. */
  sessionStart: 2,
  shutdown: 4,
  /** The body is a bulk record, not CBOR. Generation 9, and only for a request that offered bulk. */
  bulkRecord: 8,
} as const;

/** Largest value of the length field that the relay and the agent accept, inclusive. */
export const microsandboxMaxFrameBytes = 4 * 1024 * 1024;

const minLength = 5;
const lengths = { min: minLength, max: microsandboxMaxFrameBytes };
const headerBytes = lengthBytes + minLength;

/**
 * Encodes one frame.
 *
 * @param maxFrameBytes bound of the length field. Defaults to 4 MiB.
 * @throws AgentError `frame_too_large`.
 */
export function encodeMicrosandboxFrame(
  { id, flags, body }: MicrosandboxFrame,
  maxFrameBytes = microsandboxMaxFrameBytes,
): Buffer {
  const length = minLength + body.byteLength;
  checkFrameLength(length, maxFrameBytes);
  const frame = Buffer.allocUnsafe(lengthBytes + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(id, 4);
  frame.writeUInt8(flags, 8);
  frame.set(body, headerBytes);
  return frame;
}

/** Decodes a stream of microsandbox frames; see {@link FrameDecoder} for its use and errors. */
export class MicrosandboxFrameDecoder implements FrameDecoder<MicrosandboxFrame> {
  readonly #queue = new ByteQueue();
  readonly #first = new FirstBytes();

  push(chunk: Uint8Array): void {
    this.#first.push(chunk);
    this.#queue.push(chunk);
  }

  next(): MicrosandboxFrame | undefined {
    const queue = this.#queue;
    const length = peekFrameLength(queue, lengths, this);
    if (length === undefined) return undefined;
    if (queue.length < lengthBytes + length) return undefined;
    const frame = queue.take(lengthBytes + length);
    return { id: frame.readUInt32BE(4), flags: frame.readUInt8(8), body: frame.subarray(headerBytes) };
  }

  end(): void {
    checkEnd(this.#queue, this);
  }

  hint(): PlainText {
    return foreignProtocolHint(
      this.#first.queue,
      l10n.t('this is not a microsandbox agent'),
      'microsandbox-direct',
    );
  }
}
