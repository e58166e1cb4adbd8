import * as l10n from '../../base/l10n.ts';
import { ByteQueue } from '../../base/byte-queue.ts';
import { plain, quoted, type PlainText } from '../../base/text.ts';

/** First bytes of a stream that are looked at. */
const greetingBytes = 64;

/** Keeps the first bytes of a stream, which tell most about what is at its other end. */
export class FirstBytes {
  readonly queue = new ByteQueue();

  push(chunk: Uint8Array): void {
    const missing = greetingBytes - this.queue.length;
    if (missing > 0) this.queue.push(Uint8Array.prototype.slice.call(chunk, 0, missing));
  }
}

/** The protocol that bytes should have been of, as endpoints name it. */
export type OwnProtocol = 'arcbox' | 'arcbox-ttrpc' | 'arcbox-grpc' | 'microsandbox' | 'microsandbox-direct';

/** Printable bytes that make a text: four of them are no frame's length by any accident that matters. */
const minTextLength = 4;
/** Longest text that is quoted. */
const maxTextLength = 60;
/** Largest frame of microsandbox, as its length field says. */
const maxMicrosandboxFrameBytes = 4 * 1024 * 1024;

/** What begins a stream of one other protocol. */
interface Greeting {
  /** The bytes that {@link matches} looks at. */
  readonly bytes: number;
  readonly matches: (queue: ByteQueue) => boolean;
  /** @param verdict the clause that what should have answered does not, such as `this is not an ArcBox agent`. */
  readonly say: (verdict: PlainText, queue: ByteQueue) => PlainText;
  /** The protocol itself, where it is one of ours: to its own decoder it is not foreign. */
  readonly protocol?: OwnProtocol;
}

const beginsWith =
  (word: number) =>
  (queue: ByteQueue): boolean =>
    queue.peekUint32(0) === word;

/** Every protocol that is recognised, the first match counting. */
const greetings: readonly Greeting[] = [
  {
    bytes: 4,
    matches: beginsWith(0x48545450),
    say: (verdict) => l10n.t('The bytes read as HTTP: {0}.', verdict),
  },
  {
    bytes: 4,
    matches: beginsWith(0x5353482d),
    say: (verdict) => l10n.t('The bytes read as an SSH banner: {0}.', verdict),
  },
  {
    // Of TLS 1.0 to 1.3, whose records say 0x0301 or 0x0303.
    bytes: 4,
    matches: (queue) => [0x150301, 0x150303].includes(queue.peekUint32(0) >>> 8),
    say: () => l10n.t('The bytes read as a TLS alert: the port wants TLS.'),
  },
  {
    // An HTTP/2 server opens with a SETTINGS frame: a 24-bit length, type 4, no flags, stream 0.
    bytes: 9,
    matches: (queue) =>
      (queue.peekUint32(0) & 0xff) === 4 &&
      queue.peekUint32(0) >>> 8 < 256 &&
      queue.peekUint32(4) === 0 &&
      queue.peekUint8(8) === 0,
    say: () => l10n.t('The bytes read as HTTP/2: this may be a gRPC socket; try the protocol arcbox-grpc.'),
    protocol: 'arcbox-grpc',
  },
  {
    // A range of ids, then core.ready: a frame with id 0 and flags 0 whose body is a CBOR map.
    bytes: 18,
    matches: (queue) =>
      queue.peekUint32(0) < queue.peekUint32(4) &&
      queue.peekUint32(8) >= 5 &&
      queue.peekUint32(8) <= maxMicrosandboxFrameBytes &&
      queue.peekUint32(12) === 0 &&
      queue.peekUint8(16) === 0 &&
      queue.peekUint8(17) >>> 5 === 5,
    say: () =>
      l10n.t('The bytes read as the handshake of a microsandbox relay: try the protocol microsandbox.'),
    protocol: 'microsandbox',
  },
  {
    // A frame with id 0 and flags 0 whose body is a CBOR map, as core.init.resolved and core.ready are.
    bytes: 10,
    matches: (queue) =>
      queue.peekUint32(0) >= 5 &&
      queue.peekUint32(0) <= maxMicrosandboxFrameBytes &&
      queue.peekUint32(4) === 0 &&
      queue.peekUint8(8) === 0 &&
      queue.peekUint8(9) >>> 5 === 5,
    say: () => l10n.t('The bytes read as a microsandbox agent itself: try the protocol microsandbox-direct.'),
    protocol: 'microsandbox-direct',
  },
  {
    // A length, then the type of an answer, of a notification or of an error.
    bytes: 8,
    matches: (queue) => queue.peekUint32(0) >= 6 && isArcboxAnswer(queue.peekUint32(4)),
    say: () => l10n.t('The bytes read as ArcBox frames: try the protocol arcbox.'),
    protocol: 'arcbox',
  },
  {
    bytes: minTextLength,
    matches: (queue) => leadingText(queue).length >= minTextLength,
    say: (verdict, queue) =>
      l10n.t(
        'The bytes read as text, {0}: {1}, or a program prints something first.',
        quoted(leadingText(queue), maxTextLength),
        verdict,
      ),
  },
];

/**
 * Names the protocol that a stream's first bytes belong to, when they are plainly another one than `own`, as a sentence;
 * empty when they look like nothing known. Of a stream that brought nothing it says what may be there.
 *
 * @param verdict the clause that what should have answered does not, such as `this is not an ArcBox agent`.
 */
export function foreignProtocolHint(queue: ByteQueue, verdict: PlainText, own: OwnProtocol): PlainText {
  if (queue.length === 0) return silences[own]?.() ?? plain``;
  const greeting = greetings.find(
    ({ bytes, matches, protocol }) => protocol !== own && queue.length >= bytes && matches(queue),
  );
  return greeting?.say(verdict, queue) ?? plain``;
}

/** What can be said when nothing came at all: servers of these protocols wait to be spoken to, each in its own. */
const silences: Readonly<Partial<Record<OwnProtocol, () => PlainText>>> = {
  arcbox: () =>
    l10n.t('Nothing was received. If another protocol is spoken there, try arcbox-ttrpc or arcbox-grpc.'),
  'arcbox-ttrpc': () =>
    l10n.t('Nothing was received. If another protocol is spoken there, try arcbox or arcbox-grpc.'),
  'arcbox-grpc': () =>
    l10n.t('Nothing was received. If another protocol is spoken there, try arcbox or arcbox-ttrpc.'),
};

function isArcboxAnswer(type: number): boolean {
  return (type >= 0x1001 && type <= 0x1004) || type === 0x1030 || type === 0x1031 || type === 0xffff;
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
