import type { PlainText } from '../../base/text.ts';

/**
 * Turns a byte stream into frames, whatever the sizes of its chunks.
 *
 * Use: `push` a chunk, then call `next` until it returns `undefined`. Frames that precede damage come out before
 * the damage is thrown. After a throw the position in the stream is lost and the decoder must not be used again.
 */
export interface FrameDecoder<Frame> {
  /** Takes the next bytes of the stream. */
  push(chunk: Uint8Array): void;
  /**
   * Returns the next whole frame, or `undefined` when more bytes are needed.
   *
   * @throws AgentError `invalid_frame` or `frame_too_large`, before any byte of the offending body is buffered.
   */
  next(): Frame | undefined;
  /**
   * Tells that the stream has ended.
   *
   * @throws AgentError `truncated_frame` when it ended inside a frame.
   */
  end(): void;
  /** What the stream's first bytes look like, as a sentence; empty when like nothing but this protocol. */
  hint(): PlainText;
}

/** Feeds one chunk and hands each frame it completes to `onFrame`. Throws what the decoder throws. */
export function decodeChunk<Frame>(
  decoder: FrameDecoder<Frame>,
  chunk: Uint8Array,
  onFrame: (frame: Frame) => void,
): void {
  decoder.push(chunk);
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) onFrame(frame);
}
