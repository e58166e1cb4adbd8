import { isUtf8 } from 'node:buffer';
import { encode, Token, Tokenizer, tokensToObject, Type, type DecodeOptions } from 'cborg';
import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { AgentError, maxQuotedLength, type AgentErrorCode } from '../errors.ts';

/*
 * cborg rather than cbor-x: cbor-x is four times as fast, but it drops duplicate keys and trailing bytes silently, turns
 * u64 into floats, hands out views of the receive buffer and has no hook to do better. cborg copies, refuses tags and
 * duplicates, is half the size (8 kB gzipped against 14), and its tokenizer can be made strict, which is done below.
 */

/** A CBOR floating-point number, kept apart so that 4.0 never passes for the integer 4. */
export class CborFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Map with text keys, in the order of the bytes. A `Map`, so that no key can reach a prototype. */
export type CborMap = ReadonlyMap<string, CborValue>;

/**
 * One decoded item. An integer is a `number` up to 2^53-1 and an exact `bigint` beyond; byte strings are copies.
 */
export type CborValue =
  number | bigint | string | boolean | null | Uint8Array | CborFloat | readonly CborValue[] | CborMap;

/** What {@link encodeCbor} writes: plain objects, whose keys keep their order and go missing when `undefined`. */
export type CborInput =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborInput[]
  | { readonly [key: string]: CborInput | undefined };

/** Deepest nesting of arrays and maps; no message of the protocol needs more than 6. */
export const cborMaxDepth = 32;

/** Most items of one document; small items would otherwise grow a hundredfold in memory. */
export const cborMaxItems = 200_000;

/** Encodes one item, integers and lengths in their shortest form. */
export function encodeCbor(value: CborInput): Uint8Array {
  return encode(value, { mapSorter: keepOrder, ignoreUndefinedProperties: true });
}

/**
 * Decodes exactly one item, strictly: bytes that are left over, tags, `undefined`, keys that are no text or come twice,
 * text that is not UTF-8, a stray break, and anything beyond {@link cborMaxDepth} or {@link cborMaxItems} are refused.
 * Maps and arrays of indefinite length are accepted; strings in chunks are not, as no known agent sends them.
 *
 * @param subject what the bytes are, to begin the error's sentence.
 * @throws AgentError with `code`.
 */
export function decodeCbor(bytes: Uint8Array, code: AgentErrorCode, subject: PlainText): CborValue {
  const tokenizer = new StrictTokenizer(bytes);
  try {
    if (tokenizer.done()) throw new Error(l10n.t('there are no bytes'));
    const value = tokensToObject(tokenizer, decodeOptions) as CborValue;
    if (!tokenizer.done()) throw new Error(l10n.t('bytes follow the item'));
    return value;
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^CBOR decode error: /, '') : String(error);
    throw new AgentError(
      code,
      l10n.t(
        '{0} is not the CBOR expected at byte {1}: {2}.',
        subject,
        tokenizer.pos(),
        plainText(words, maxQuotedLength),
      ),
      { cause: error },
    );
  }
}

/** True for a decoded map. */
export function isCborMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}

/** True for a decoded array. */
export function isCborArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

const decodeOptions: DecodeOptions = {
  allowIndefinite: true,
  allowUndefined: false,
  allowBigInt: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
};

/** An array or map whose items are being read. */
interface Open {
  readonly parent: Open | undefined;
  readonly depth: number;
  readonly isMap: boolean;
  /** Items the container holds, keys and values both; infinite when a break ends it. */
  readonly total: number;
  seen: number;
}

/** cborg's tokenizer with the checks that cborg leaves out. */
class StrictTokenizer extends Tokenizer {
  #open: Open | undefined;
  #items = 0;

  constructor(bytes: Uint8Array) {
    super(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), decodeOptions);
  }

  override next(): Token {
    const start = this.pos();
    const token = super.next();
    const { type } = token;
    if (type === Type.break) {
      this.#endIndefinite();
      return token;
    }
    if (++this.#items > cborMaxItems) throw new Error(l10n.t('more than {0} items', cborMaxItems));
    const parent = this.#open;
    if (parent !== undefined) {
      if (parent.isMap && parent.seen % 2 === 0 && type !== Type.string)
        throw new Error(l10n.t('a key that is no text'));
      parent.seen++;
    }
    if (!type.terminal && token.value !== 0) this.#enter(type === Type.map, token.value as number);
    else if (parent !== undefined && parent.seen === parent.total) this.#leaveFull();
    if (type === Type.string) this.#checkText(token.value as string, start);
    return type === Type.float ? new Token(Type.float, new CborFloat(token.value as number)) : token;
  }

  #enter(isMap: boolean, count: number): void {
    const depth = this.#open === undefined ? 1 : this.#open.depth + 1;
    if (depth > cborMaxDepth) throw new Error(l10n.t('nesting deeper than {0}', cborMaxDepth));
    this.#open = { parent: this.#open, depth, isMap, total: isMap ? 2 * count : count, seen: 0 };
  }

  #endIndefinite(): void {
    const container = this.#open;
    if (container?.total !== Infinity || (container.isMap && container.seen % 2 === 1)) {
      throw new Error(l10n.t('a break out of place'));
    }
    this.#open = container.parent;
    this.#leaveFull();
  }

  #leaveFull(): void {
    while (this.#open !== undefined && this.#open.seen === this.#open.total) this.#open = this.#open.parent;
  }

  #checkText(text: string, start: number): void {
    // A decoder replaces what is not UTF-8, so text without a replacement character needs no second look.
    if (!text.includes('\uFFFD')) return;
    const head = this.data[start] ?? 0;
    const headBytes = (head & 31) < 24 ? 1 : 1 + 2 ** ((head & 31) - 24);
    if (!isUtf8(this.data.subarray(start + headBytes, this.pos())))
      throw new Error(l10n.t('text that is not UTF-8'));
  }
}

function keepOrder(): number {
  return 0;
}
