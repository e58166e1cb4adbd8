/** A JSON value without members or entries. */
export type JsonScalar = string | number | boolean | null;

/**
 * What to do with the value at one place of a JSON text, and where to look inside of it. A place that is not named is
 * skipped and nothing of it is kept.
 */
export interface JsonVisit {
  /** A scalar stands here; `undefined` is one of more than {@link maxTokenBytes}. */
  readonly scalar?: (value: JsonScalar | undefined) => void;
  /** An object or a list begins here, as the member `key` of an object; `key` is empty in a list and at the top. */
  readonly enter?: (kind: 'object' | 'list', key: string) => void;
  /** What {@link enter} began has ended. */
  readonly leave?: () => void;
  /** The members of an object here, by name. */
  readonly members?: Readonly<Record<string, JsonVisit>>;
  /** Every entry of a list here, and every member of an object that {@link members} does not name. */
  readonly each?: JsonVisit;
}

/** Longest name or scalar that is read, in bytes as they are written; a longer one is as good as none. */
export const maxTokenBytes = 4096;

/** Deepest nesting that is read; an engine's answers have ten levels. */
const maxDepth = 64;

/** An object or list that has begun and not ended. */
interface Open {
  readonly isObject: boolean;
  readonly visit: JsonVisit | undefined;
}

type State =
  'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'in string' | 'in literal';

/**
 * Reads JSON values, one after the other, while their bytes arrive, and keeps nothing of them: what is wanted is handed to a
 * {@link JsonVisit}. So an answer of any length costs no more memory than its reader decides to keep.
 *
 * The brackets, names and commas of everything are checked; scalars that nobody wants are not.
 */
export class JsonReader {
  readonly #top: JsonVisit;
  readonly #open: Open[] = [];
  #state: State = 'value';
  /** For the value that comes next. */
  #visit: JsonVisit | undefined;
  /** Name of the value that comes next; empty in a list and at the top. */
  #name = '';
  /** The string or literal that is being read, as it is written. */
  readonly #token = Buffer.allocUnsafe(maxTokenBytes);
  #tokenBytes = 0;
  #isTokenWanted = false;
  #isName = false;
  #isEscaped = false;
  #completed = 0;

  constructor(top: JsonVisit) {
    this.#top = top;
    this.#visit = top;
  }

  /** Values that have been read to their end. */
  get completed(): number {
    return this.#completed;
  }

  /** True in the middle of a value. */
  get isInside(): boolean {
    return this.#open.length > 0 || this.#state !== 'value';
  }

  /**
   * Reads on.
   *
   * @throws SyntaxError when this is no JSON, and whatever a visit throws; nothing can be read after that.
   */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'in string') at = this.#readString(bytes, at);
      else if (this.#state === 'in literal') at = this.#readLiteral(bytes, at);
      else this.#readStructure(bytes[at++] ?? 0);
    }
  }

  /**
   * Says that nothing more comes.
   *
   * @throws SyntaxError in the middle of a value.
   */
  end(): void {
    if (this.#state === 'in literal' && this.#open.length === 0) this.#endScalar();
    if (this.isInside) throw new SyntaxError('it ends in the middle of a value');
  }

  #readStructure(byte: number): void {
    if (byte === space || byte === lineFeed || byte === carriageReturn || byte === tab) return;
    switch (this.#state) {
      case 'value or end':
        if (byte === closeBracket) this.#leave(false);
        else this.#beginValue(byte);
        return;
      case 'name or end':
      case 'name':
        if (byte === quote) this.#beginName();
        else if (byte === closeBrace && this.#state === 'name or end') this.#leave(true);
        else throw unexpected(byte);
        return;
      case 'colon':
        if (byte !== colon) throw unexpected(byte);
        this.#state = 'value';
        return;
      case 'comma or end':
        if (byte === comma) this.#next();
        else if (byte === closeBrace || byte === closeBracket) this.#leave(byte === closeBrace);
        else throw unexpected(byte);
        return;
      default:
        this.#beginValue(byte);
    }
  }

  #beginValue(byte: number): void {
    if (byte === openBrace || byte === openBracket) {
      this.#enter(byte === openBrace);
    } else if (byte === quote) {
      this.#beginToken('in string', byte, this.#visit?.scalar !== undefined);
    } else if (isLiteralByte(byte)) {
      this.#beginToken('in literal', byte, this.#visit?.scalar !== undefined);
    } else {
      throw unexpected(byte);
    }
  }

  #beginName(): void {
    const visit = this.#open.at(-1)?.visit;
    this.#isName = true;
    this.#beginToken('in string', quote, visit?.members !== undefined || visit?.each !== undefined);
  }

  #enter(isObject: boolean): void {
    if (this.#open.length >= maxDepth) throw new SyntaxError(`it is nested deeper than ${maxDepth} levels`);
    const visit = this.#visit;
    visit?.enter?.(isObject ? 'object' : 'list', this.#name);
    this.#open.push({ isObject, visit });
    this.#name = '';
    this.#visit = isObject ? undefined : visit?.each;
    this.#state = isObject ? 'name or end' : 'value or end';
  }

  #leave(isObject: boolean): void {
    const left = this.#open.pop();
    if (left?.isObject !== isObject) throw unexpected(isObject ? closeBrace : closeBracket);
    left.visit?.leave?.();
    this.#endValue();
  }

  /** A comma: the next member or entry follows. */
  #next(): void {
    const open = this.#open.at(-1);
    if (open?.isObject === true) {
      this.#state = 'name';
    } else {
      this.#name = '';
      this.#visit = open?.visit?.each;
      this.#state = 'value';
    }
  }

  #endValue(): void {
    if (this.#open.length > 0) {
      this.#state = 'comma or end';
      return;
    }
    this.#completed++;
    this.#visit = this.#top;
    this.#state = 'value';
  }

  #beginToken(state: 'in string' | 'in literal', firstByte: number, isWanted: boolean): void {
    this.#state = state;
    this.#isTokenWanted = isWanted;
    this.#token[0] = firstByte;
    this.#tokenBytes = 1;
  }

  #readString(bytes: Uint8Array, from: number): number {
    let isEscaped = this.#isEscaped;
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at++];
      if (isEscaped) {
        isEscaped = false;
      } else if (byte === backslash) {
        isEscaped = true;
      } else if (byte === quote) {
        this.#isEscaped = false;
        this.#keep(bytes, from, at);
        this.#endString();
        return at;
      }
    }
    this.#isEscaped = isEscaped;
    this.#keep(bytes, from, at);
    return at;
  }

  #endString(): void {
    if (!this.#isName) {
      this.#endScalar();
      return;
    }
    this.#isName = false;
    this.#state = 'colon';
    const name = this.#isTokenWanted ? this.#tokenValue() : undefined;
    const visit = this.#open.at(-1)?.visit;
    this.#name = typeof name === 'string' ? name : '';
    if (typeof name !== 'string') this.#visit = undefined;
    else if (visit?.members !== undefined && Object.hasOwn(visit.members, name))
      this.#visit = visit.members[name];
    else this.#visit = visit?.each;
  }

  #readLiteral(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && isLiteralByte(bytes[at] ?? 0)) at++;
    this.#keep(bytes, from, at);
    if (at < bytes.length) this.#endScalar();
    return at;
  }

  #endScalar(): void {
    if (this.#isTokenWanted) this.#visit?.scalar?.(this.#tokenValue());
    this.#endValue();
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#isTokenWanted) return;
    if (this.#tokenBytes + to - from <= maxTokenBytes)
      this.#token.set(bytes.subarray(from, to), this.#tokenBytes);
    this.#tokenBytes += to - from;
  }

  /** What was read; `undefined` when it was too long. */
  #tokenValue(): JsonScalar | undefined {
    if (this.#tokenBytes > maxTokenBytes) return undefined;
    return JSON.parse(this.#token.toString('utf8', 0, this.#tokenBytes)) as JsonScalar;
  }
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Letters, digits, plus, minus and point: what numbers, `true`, `false` and `null` are made of. */
function isLiteralByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  );
}

function unexpected(byte: number): SyntaxError {
  return new SyntaxError(`the byte 0x${byte.toString(16).padStart(2, '0')} is out of place`);
}
