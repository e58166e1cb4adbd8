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

/** Envelopes up to this size are worth remembering; answers to polls are far below. */
const memoMaxBytes = 64;

/** Encodes a body with its keys in the order v, t, p, as every known peer writes them. */
export function encodeMicrosandboxEnvelope({ v, t, p }: MicrosandboxEnvelope): Uint8Array {
  return encodeCbor({ v, t, p });
}

/**
 * Decodes a body.
 *
 * @throws AgentError `invalid_frame` when it is not a map with `v` (0 to 255), `t` (text) and `p` (bytes).
 */
export function decodeMicrosandboxEnvelope(body: Uint8Array): MicrosandboxEnvelope {
  const map = decodeCbor(body, 'invalid_frame', 'The body of a frame');
  if (!isCborMap(map)) throw invalid('is no map');
  const v = map.get('v');
  const t = map.get('t');
  const p = map.get('p');
  if (typeof v !== 'number' || v < 0 || v > 255) throw invalid('has no generation from 0 to 255 under "v"');
  if (typeof t !== 'string') throw invalid('has no text under "t"');
  if (!(p instanceof Uint8Array)) throw invalid('has no byte string under "p"');
  return { v, t, p };
}

/** Decodes the bodies of one connection; a body that repeats the one before, as pongs do, is not decoded again. */
export class MicrosandboxEnvelopeDecoder {
  #lastBody: Buffer | undefined;
  #lastEnvelope: MicrosandboxEnvelope | undefined;

  /** As {@link decodeMicrosandboxEnvelope}. The result is shared between calls and must not be changed. */
  decode(body: Uint8Array): MicrosandboxEnvelope {
    if (this.#lastEnvelope !== undefined && this.#lastBody?.equals(body) === true) return this.#lastEnvelope;
    const envelope = decodeMicrosandboxEnvelope(body);
    if (body.byteLength <= memoMaxBytes) {
      this.#lastBody = Buffer.from(body);
      this.#lastEnvelope = envelope;
    }
    return envelope;
  }
}

function invalid(why: string): AgentError {
  return new AgentError('invalid_frame', `The body of a frame ${why}.`);
}
