import * as l10n from '../../base/l10n.ts';
import type { RemoteError } from '../errors.ts';

/**
 * Payload of an ArcBox error frame, which is not protobuf: i32 code, u32 text length in bytes, UTF-8 text,
 * integers big-endian.
 */
export function encodeArcboxError(code: number, text: string): Buffer {
  const textBytes = Buffer.from(text);
  const payload = Buffer.allocUnsafe(8 + textBytes.length);
  payload.writeInt32BE(code, 0);
  payload.writeUInt32BE(textBytes.length, 4);
  payload.set(textBytes, 8);
  return payload;
}

/**
 * Decodes an error payload; never fails, because a damaged error is still an error. A missing code stays absent, a
 * text shorter than announced is kept and marked, invalid UTF-8 becomes U+FFFD, bytes after the text are ignored.
 */
export function decodeArcboxError(payload: Uint8Array): RemoteError {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes.length < 4) return { text: '' };
  const code = bytes.readInt32BE(0);
  if (bytes.length < 8) return { code, text: '' };
  const announced = bytes.readUInt32BE(4);
  const text = bytes.subarray(8, 8 + announced).toString();
  return { code, text: announced > bytes.length - 8 ? [text, l10n.t('(text cut short)')].join(' ') : text };
}
