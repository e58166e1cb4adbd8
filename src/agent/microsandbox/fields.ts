import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { isCborArray, isCborMap, type CborMap, type CborValue } from './cbor.ts';

/** Longest list of field names in an error, in characters. */
const maxNamesLength = 200;

/** Returned by {@link Field.accept} for a value of the wrong kind. */
export const mismatch = Symbol('mismatch');

/** One kind of value in a message: what it is called in an error, and how it is taken from decoded CBOR. */
export interface Field<T> {
  /** In the reader's language, with an article, such as `a text`. */
  readonly expected: () => PlainText;
  /** `undefined` stands for a missing key. */
  readonly accept: (value: CborValue | undefined) => T | typeof mismatch;
}

/** The fields of a message by their names on the wire. */
export type Fields<T> = { readonly [Key in keyof T]-?: Field<T[Key]> };

const isInteger = (value: CborValue | undefined): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** The kinds of values that core messages are made of. A float is never taken for an integer. */
export const field = {
  u16: {
    expected: () => l10n.t('an unsigned 16-bit integer'),
    accept: (value) => (typeof value === 'number' && value >= 0 && value <= 0xffff ? value : mismatch),
  } satisfies Field<number>,
  i32: {
    expected: () => l10n.t('a signed 32-bit integer'),
    accept: (value) => (typeof value === 'number' && value === (value | 0) ? value : mismatch),
  } satisfies Field<number>,
  u32: {
    expected: () => l10n.t('an unsigned 32-bit integer'),
    accept: (value) => (typeof value === 'number' && value >= 0 && value <= 0xffff_ffff ? value : mismatch),
  } satisfies Field<number>,
  u64: {
    expected: () => l10n.t('an unsigned 64-bit integer'),
    accept: (value) => (isInteger(value) && value >= 0 ? BigInt(value) : mismatch),
  } satisfies Field<bigint>,
  i64: {
    expected: () => l10n.t('a signed 64-bit integer'),
    accept: (value) =>
      isInteger(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? BigInt(value) : mismatch,
  } satisfies Field<bigint>,
  text: {
    expected: () => l10n.t('a text'),
    accept: (value) => (typeof value === 'string' ? value : mismatch),
  } satisfies Field<string>,
  bytes: {
    expected: () => l10n.t('a byte string'),
    accept: (value) => (value instanceof Uint8Array ? value : mismatch),
  } satisfies Field<Uint8Array>,
  bool: {
    expected: () => l10n.t('a boolean'),
    accept: (value) => (typeof value === 'boolean' ? value : mismatch),
  } satisfies Field<boolean>,
  /** A map with exactly one key, as Rust writes an enum variant with data. */
  variant: {
    expected: () => l10n.t('a map with one key'),
    accept: (value) => {
      if (!isCborMap(value) || value.size !== 1) return mismatch;
      for (const [name, content] of value) return { name, content };
      return mismatch;
    },
  } satisfies Field<Variant>,
} as const;

/** One variant of a Rust enum: its name and its content, unchecked. */
export interface Variant {
  readonly name: string;
  readonly content: CborValue;
}

/** May be absent or null; reads as null either way. */
export function optional<T>({ expected, accept }: Field<T>): Field<T | null> {
  return {
    expected: () => l10n.t('{0} or null', expected()),
    accept: (value) => (value === undefined || value === null ? null : accept(value)),
  };
}

/**
 * As {@link optional}, and reads as null too when the value is of another kind: for what newer agents say besides, whose
 * form is not settled and must not cost the message.
 */
export function lenient<T>(inner: Field<T>): Field<T | null> {
  const { expected, accept } = optional(inner);
  return {
    expected,
    accept: (value) => {
      const accepted = accept(value);
      return accepted === mismatch ? null : accepted;
    },
  };
}

/** A list of at most `max` values of one kind. */
export function list<T>({ expected, accept }: Field<T>, max: number): Field<readonly T[]> {
  return {
    expected: () => l10n.t('a list of at most {0}, each {1}', max, expected()),
    accept: (value) => {
      if (!isCborArray(value) || value.length > max) return mismatch;
      const items = value.map(accept);
      return items.includes(mismatch) ? mismatch : (items as T[]);
    },
  };
}

/** A map inside a message. */
export function record<T extends object>(fields: Fields<T>): Field<T> {
  return {
    expected: () => l10n.t('a map of {0}', plainText(Object.keys(fields).join(', '), maxNamesLength)),
    accept: (value) => {
      if (!isCborMap(value)) return mismatch;
      const result = readFields(fields, value);
      return typeof result === 'string' ? mismatch : result;
    },
  };
}

/** Reads a message; returns the name of the first field that does not fit, if there is one. Extra keys are ignored. */
export function readFields<T extends object>(fields: Fields<T>, map: CborMap): T | (keyof T & string) {
  const result: Partial<T> = {};
  for (const name of Object.keys(fields) as (keyof T & string)[]) {
    const value = fields[name].accept(map.get(name));
    if (value === mismatch) return name;
    result[name] = value;
  }
  return result as T;
}
