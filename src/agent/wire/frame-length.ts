import * as l10n from '../../base/l10n.ts';
import type { ByteQueue } from '../../base/byte-queue.ts';
import { AgentError, sentences } from '../errors.ts';
import type { FrameDecoder } from './frame-decoder.ts';

/** Says what else a stream looks like. */
type Hinting = Pick<FrameDecoder<unknown>, 'hint'>;

/** Bytes of the length, a big-endian u32, in front of a frame; it counts what follows it. */
export const lengthBytes = 4;

/** What a frame's length may be, in bytes, both ends included. */
export interface FrameLengths {
  /** The frame's header without its length. */
  readonly min: number;
  readonly max: number;
}

/**
 * Checks the length of a frame that is to be sent.
 *
 * @throws AgentError `frame_too_large`.
 */
export function checkFrameLength(length: number, max: number): void {
  if (length <= max) return;
  throw new AgentError(
    'frame_too_large',
    l10n.t('The message makes a frame of {0} bytes; the limit is {1}.', length, max),
  );
}

/**
 * Reads the length of the frame at the start of `queue`; `undefined` when it has not arrived yet.
 *
 * @throws AgentError `frame_too_large` or `invalid_frame`.
 */
export function peekFrameLength(
  queue: ByteQueue,
  { min, max }: FrameLengths,
  decoder: Hinting,
): number | undefined {
  if (queue.length < lengthBytes) return undefined;
  const length = queue.peekUint32(0);
  if (length > max) throw tooLarge(length, max, decoder);
  if (length < min) {
    throw new AgentError(
      'invalid_frame',
      sentences(
        l10n.t('A frame of {0} bytes was announced; its header needs {1}.', length, min),
        decoder.hint(),
      ),
    );
  }
  return length;
}

/** The error for an announced frame that is larger than `max` allows. */
export function tooLarge(length: number, max: number, decoder: Hinting): AgentError {
  return new AgentError(
    'frame_too_large',
    sentences(l10n.t('A frame of {0} bytes was announced; the limit is {1}.', length, max), decoder.hint()),
  );
}

/**
 * Checks that a stream which has ended left no part of a frame in `queue`.
 *
 * @throws AgentError `truncated_frame`.
 */
export function checkEnd(queue: ByteQueue, decoder: Hinting): void {
  if (queue.length === 0) return;
  throw new AgentError(
    'truncated_frame',
    sentences(
      l10n.t('The stream ended inside a frame, {0} bytes after its start.', queue.length),
      decoder.hint(),
    ),
  );
}
