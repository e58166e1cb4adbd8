import { isCborArray, isCborMap, type CborMap, type CborValue } from './cbor.ts';

/** Returned by {@link Field.accept} for a value of the wrong kind. */
export const mismatch = Symbol('mismatch');

/** One kind of value in a message: what it is called in an error, and how it is taken from decoded CBOR. */
export interface Field<T> {
  /** With an article, such as `a text`. */
  readonly expected: string;
  /** `undefined` stands for a missing key. */
  readonly accept: (value: CborValue | undefined) => T | typeof mismatch;
}

/** The fields of a message by their names on the wire. */
export type Fields<T> = { readonly [Key in keyof T]-?: Field<T[Key]> };

const isInteger = (value: CborValue | undefined): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** The kinds of values that core messages are made of. A float is never taken for an integer. */
export const field = {
  u32: {
    expected: 'an unsigned 32-bit integer',
    accept: (value) => (typeof value === 'number' && value >= 0 && value <= 0xffff_ffff ? value : mismatch),
  } satisfies Field<number>,
  u64: {
    expected: 'an unsigned 64-bit integer',
    accept: (value) => (isInteger(value) && value >= 0 ? BigInt(value) : mismatch),
  } satisfies Field<bigint>,
  text: {
    expected: 'a text',
    accept: (value) => (typeof value === 'string' ? value : mismatch),
  } satisfies Field<string>,
  bytes: {
    expected: 'a byte string',
    accept: (value) => (value instanceof Uint8Array ? value : mismatch),
  } satisfies Field<Uint8Array>,
  bool: {
    expected: 'a boolean',
    accept: (value) => (typeof value === 'boolean' ? value : mismatch),
  } satisfies Field<boolean>,
  /** A map with exactly one key, as Rust writes an enum variant with data. */
  variant: {
    expected: 'a map with one key',
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
    expected: `${expected} or null`,
    accept: (value) => (value === undefined || value === null ? null : accept(value)),
  };
}

/** A list of at most `max` values of one kind. */
export function list<T>({ expected, accept }: Field<T>, max: number): Field<readonly T[]> {
  return {
    expected: `a list of at most ${max}, each ${expected}`,
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
    expected: `a map of ${Object.keys(fields).join(', ')}`,
    accept: (value) => {
      if (!isCborMap(value)) return mismatch;
      const result = readFields(fields, value);
      return typeof result === 'string' ? mismatch : result;
    },
  };
}

/** Reads a message; returns what is wrong, as the end of a sentence, when a field does not fit. Extra keys are ignored. */
export function readFields<T extends object>(fields: Fields<T>, map: CborMap): T | string {
  const result: Partial<T> = {};
  for (const name of Object.keys(fields) as (keyof T & string)[]) {
    const value = fields[name].accept(map.get(name));
    if (value === mismatch) return `needs ${fields[name].expected} under "${name}"`;
    result[name] = value;
  }
  return result as T;
}
