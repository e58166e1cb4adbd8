/** A JSON value without members or entries. */
export type JsonScalar = string | number | boolean | null;

/**
 * What to do with the value at one place of a JSON text, and where to look inside of it. A place that is not named is
 * skipped and nothing of it is kept.
 */
export interface JsonVisit {
  /**
   * A scalar stands here, as the member `key` of an object; `key` is empty in a list and at the top. `undefined` is a
   * scalar of more than {@link maxTokenBytes}.
   */
  readonly scalar?: (value: JsonScalar | undefined, key: string) => void;
  /** An object or a list begins here. */
  readonly enter?: (kind: 'object' | 'list', key: string) => void;
  /** What {@link enter} began has ended. */
  readonly leave?: () => void;
  /** The members of an object here, by name. */
  readonly members?: Readonly<Record<string, JsonVisit>>;
  /** Every entry of a list here, and every member of an object that {@link members} does not name. */
  readonly each?: JsonVisit;
}

/** Longest name or scalar that is read, in bytes as they are written without quotes; a longer one is as good as none. */
export const maxTokenBytes = 4096;

/** Deepest nesting that is read; an engine's answers have ten levels. */
const maxDepth = 64;

/** An object or list that has begun and not ended. */
interface Open {
  readonly isObject: boolean;
  readonly visit: JsonVisit | undefined;
}

type State =
  /** A value must come. */
  | 'value'
  /** A list has begun: a value, or its end. */
  | 'entry'
  /** An object has begun: a name, or its end. */
  | 'member'
  /** A name must come. */
  | 'name'
  | 'colon'
  /** After a value in a list or object: a comma, or the end. */
  | 'comma'
  /** In the middle of a name or of another string. */
  | 'string'
  /** In the middle of a number, `true`, `false` or `null`. */
  | 'literal';

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
  /** The beginning of a string or literal that did not come in one piece, as it is written without quotes. */
  readonly #token = Buffer.allocUnsafe(maxTokenBytes);
  /** May exceed {@link maxTokenBytes}; of such a token nothing more is kept. */
  #tokenBytes = 0;
  #isTokenWanted = false;
  /** True while the string has nothing but printable ASCII and no escape, so that it stands for itself. */
  #isTokenPlain = true;
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
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'string') at = this.#readString(bytes, at);
      else if (this.#state === 'literal') at = this.#readLiteral(bytes, at);
      else if (this.#readStructure(bytes[at] ?? 0)) at++;
    }
  }

  /**
   * Says that nothing more comes.
   *
   * @throws SyntaxError in the middle of a value.
   */
  end(): void {
    if (this.#state === 'literal' && this.#open.length === 0) this.#endLiteral(nothing, 0, 0);
    if (this.isInside) throw new SyntaxError('unfinished');
  }

  /** Takes a byte outside of strings and literals; false when it begins a literal, and so is still to be read. */
  #readStructure(byte: number): boolean {
    if (byte === space || byte === lineFeed || byte === carriageReturn || byte === tab) return true;
    switch (this.#state) {
      case 'entry':
        if (byte !== closeBracket) return this.#beginValue(byte);
        this.#leave(false);
        return true;
      case 'member':
      case 'name':
        if (byte === quote) this.#beginName();
        else if (byte === closeBrace && this.#state === 'member') this.#leave(true);
        else throw unexpected(byte);
        return true;
      case 'colon':
        if (byte !== colon) throw unexpected(byte);
        this.#state = 'value';
        return true;
      case 'comma':
        if (byte === comma) this.#next();
        else if (byte === closeBrace || byte === closeBracket) this.#leave(byte === closeBrace);
        else throw unexpected(byte);
        return true;
      default:
        return this.#beginValue(byte);
    }
  }

  #beginValue(byte: number): boolean {
    if (byte === openBrace || byte === openBracket) {
      this.#enter(byte === openBrace);
      return true;
    }
    if (byte !== quote && !isLiteralByte(byte)) throw unexpected(byte);
    this.#beginToken(byte === quote ? 'string' : 'literal', this.#visit?.scalar !== undefined);
    return byte === quote;
  }

  #beginName(): void {
    const visit = this.#open.at(-1)?.visit;
    this.#isName = true;
    this.#beginToken('string', visit?.members !== undefined || visit?.each !== undefined);
  }

  #enter(isObject: boolean): void {
    if (this.#open.length >= maxDepth) throw new SyntaxError('nesting');
    const visit = this.#visit;
    visit?.enter?.(isObject ? 'object' : 'list', this.#name);
    this.#open.push({ isObject, visit });
    this.#name = '';
    this.#visit = isObject ? undefined : visit?.each;
    this.#state = isObject ? 'member' : 'entry';
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
      this.#state = 'comma';
      return;
    }
    this.#completed++;
    this.#visit = this.#top;
    this.#state = 'value';
  }

  #beginToken(state: 'string' | 'literal', isWanted: boolean): void {
    this.#state = state;
    this.#isTokenWanted = isWanted;
    this.#isTokenPlain = true;
    this.#tokenBytes = 0;
  }

  #readString(bytes: Buffer, from: number): number {
    let isEscaped = this.#isEscaped;
    let isPlain = this.#isTokenPlain;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (isEscaped) {
        isEscaped = false;
      } else if (byte === quote) {
        this.#isEscaped = false;
        this.#isTokenPlain = isPlain;
        this.#endString(bytes, from, at);
        return at + 1;
      } else if (byte === backslash || byte < space || byte >= firstNotAscii) {
        isEscaped = byte === backslash;
        isPlain = false;
      }
    }
    this.#isEscaped = isEscaped;
    this.#isTokenPlain = isPlain;
    this.#keep(bytes, from, bytes.length);
    return bytes.length;
  }

  #endString(bytes: Buffer, from: number, to: number): void {
    const text = this.#isTokenWanted ? this.#endToken(bytes, from, to) : undefined;
    const value = text === undefined || this.#isTokenPlain ? text : (JSON.parse(`"${text}"`) as string);
    if (this.#isName) this.#endName(value);
    else this.#endScalar(value);
  }

  /** A name has been read; `undefined` when it is not wanted or too long. */
  #endName(name: string | undefined): void {
    const visit = this.#open.at(-1)?.visit;
    const isNamed = name !== undefined && visit?.members !== undefined && Object.hasOwn(visit.members, name);
    this.#isName = false;
    this.#name = name ?? '';
    this.#visit = isNamed ? visit.members[name] : name === undefined ? undefined : visit?.each;
    this.#state = 'colon';
  }

  #readLiteral(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isLiteralByte(bytes[at] ?? 0)) at++;
    if (at < bytes.length) this.#endLiteral(bytes, from, at);
    else this.#keep(bytes, from, at);
    return at;
  }

  #endLiteral(bytes: Buffer, from: number, to: number): void {
    const text = this.#isTokenWanted ? this.#endToken(bytes, from, to) : undefined;
    this.#endScalar(text === undefined ? undefined : (JSON.parse(text) as JsonScalar));
  }

  #endScalar(value: JsonScalar | undefined): void {
    if (this.#isTokenWanted) this.#visit?.scalar?.(value, this.#name);
    this.#endValue();
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (!this.#isTokenWanted) return;
    if (this.#tokenBytes + to - from <= maxTokenBytes) bytes.copy(this.#token, this.#tokenBytes, from, to);
    this.#tokenBytes += to - from;
  }

  /** The whole token, whose last bytes these are; `undefined` when it is too long. */
  #endToken(bytes: Buffer, from: number, to: number): string | undefined {
    const encoding = this.#isTokenPlain ? 'latin1' : 'utf8';
    if (this.#tokenBytes + to - from > maxTokenBytes) return undefined;
    if (this.#tokenBytes === 0) return bytes.toString(encoding, from, to);
    this.#keep(bytes, from, to);
    return this.#token.toString(encoding, 0, this.#tokenBytes);
  }
}

const nothing = Buffer.alloc(0);

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
const firstNotAscii = 0x80;

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
  return new SyntaxError(`unexpected 0x${byte.toString(16)}`);
}
