import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError } from '../errors.ts';
import { decodeCbor, encodeCbor, isCborMap } from './cbor.ts';

/** The CBOR map that is a frame's body. Keys beyond these three are ignored. */
export interface MicrosandboxEnvelope {
  /** Generation of the sender, 0 to 255. */
  readonly v: number;
  /** Message type, such as `core.ping`. */
  readonly t: string;
  /** The payload: a CBOR document of its own. */
  readonly p: Uint8Array;
}

/** Encodes a body with its keys in the order v, t, p, as every known peer writes them. */
export function encodeMicrosandboxEnvelope({ v, t, p }: MicrosandboxEnvelope): Uint8Array {
  return encodeCbor({ v, t, p });
}

/**
 * Decodes a body. `p` may be a view of it.
 *
 * @throws AgentError `invalid_frame` when it is not a map with `v` (0 to 255), `t` (text) and `p` (bytes).
 */
export function decodeMicrosandboxEnvelope(body: Uint8Array): MicrosandboxEnvelope {
  return readUsualEnvelope(body) ?? readAnyEnvelope(body);
}

/** Decodes a body in whatever form CBOR allows; slower, and the reference for {@link decodeMicrosandboxEnvelope}. */
export function readAnyEnvelope(body: Uint8Array): MicrosandboxEnvelope {
  const map = decodeCbor(body, 'invalid_frame', l10n.t('The body of a frame'));
  if (!isCborMap(map)) throw invalid(l10n.t('The body of a frame is no map.'));
  const v = map.get('v');
  const t = map.get('t');
  const p = map.get('p');
  if (typeof v !== 'number' || v < 0 || v > 255)
    throw invalid(l10n.t('The body of a frame has no generation from 0 to 255 under "v".'));
  if (typeof t !== 'string') throw invalid(l10n.t('The body of a frame has no text under "t".'));
  if (!(p instanceof Uint8Array)) throw invalid(l10n.t('The body of a frame has no byte string under "p".'));
  return { v, t, p };
}

/**
 * Reads the one form that every known peer writes: `v` below 24, `t` in ASCII below 24 bytes, `p` below 256 bytes, in
 * this order. Most frames are of it, and it takes a tenth of the time. `undefined` for any other.
 */
function readUsualEnvelope(body: Uint8Array): MicrosandboxEnvelope | undefined {
  // a3 61 'v' .. 61 't' .. 61 'p' ..
  if (body[0] !== 0xa3 || body[1] !== 0x61 || body[2] !== 0x76) return undefined;
  const [v = 24, keyHead, key, textHead = 0] = [body[3], body[4], body[5], body[6]];
  if (v >= 24 || keyHead !== 0x61 || key !== 0x74 || textHead < 0x60 || textHead >= 0x78) return undefined;
  const textEnd = 7 + textHead - 0x60;
  let t = '';
  for (let index = 7; index < textEnd; index++) {
    const byte = body[index] ?? 0x80;
    if (byte >= 0x80) return undefined;
    t += String.fromCharCode(byte);
  }
  if (body[textEnd] !== 0x61 || body[textEnd + 1] !== 0x70) return undefined;
  const head = body[textEnd + 2] ?? 0;
  const isShort = head >= 0x40 && head < 0x58;
  if (!isShort && head !== 0x58) return undefined;
  const start = textEnd + (isShort ? 3 : 4);
  const length = isShort ? head - 0x40 : (body[textEnd + 3] ?? 0);
  if (start + length !== body.byteLength) return undefined;
  return { v, t, p: body.subarray(start) };
}

function invalid(message: PlainText): AgentError {
  return new AgentError('invalid_frame', message);
}
