import * as l10n from '../../base/l10n.ts';
import type { ByteQueue } from '../../base/byte-queue.ts';
import { plain, quoted, type PlainText } from '../../base/text.ts';

/** Printable bytes that make a text: four of them are no frame's length by any accident that matters. */
const minTextLength = 4;
/** Longest text that is quoted. */
const maxTextLength = 60;

/**
 * Names the protocol that the waiting bytes belong to, when they are plainly another one, as a sentence; empty when they
 * look like nothing known.
 *
 * @param verdict the clause that what should have answered does not, such as `this is not an ArcBox agent`.
 */
export function foreignProtocolHint(queue: ByteQueue, verdict: PlainText): PlainText {
  if (queue.length < 4) return plain``;
  const word = queue.peekUint32(0);
  if (word === 0x48545450) return l10n.t('The bytes read as HTTP: {0}.', verdict);
  if (word === 0x5353482d) return l10n.t('The bytes read as an SSH banner: {0}.', verdict);
  if (word >>> 8 === 0x150301 || word >>> 8 === 0x150303)
    return l10n.t('The bytes read as a TLS alert: the port wants TLS.');
  // An HTTP/2 server opens with a SETTINGS frame: a 24-bit length below 256, type 4, no flags.
  const isHttp2 =
    queue.length >= 9 && (word & 0xff) === 4 && queue.peekUint32(4) === 0 && queue.peekUint8(8) === 0;
  if (isHttp2)
    return l10n.t('The bytes read as HTTP/2: this may be a gRPC socket; try the protocol arcbox-grpc.');
  const text = leadingText(queue);
  return text.length < minTextLength
    ? plain``
    : l10n.t(
        'The bytes read as text, {0}: {1}, or a program prints something first.',
        quoted(text, maxTextLength),
        verdict,
      );
}

/** The printable ASCII that the queue begins with. */
function leadingText(queue: ByteQueue): string {
  let text = '';
  while (text.length < Math.min(queue.length, maxTextLength)) {
    const byte = queue.peekUint8(text.length);
    if (byte < 0x20 || byte > 0x7e) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
