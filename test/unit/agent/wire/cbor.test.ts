import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plain } from '../../../../src/base/text.ts';
import { AgentError } from '../../../../src/agent/errors.ts';
import {
  CborFloat,
  cborMaxDepth,
  cborMaxItems,
  decodeCbor,
  encodeCbor,
  isCborMap,
  type CborInput,
  type CborValue,
} from '../../../../src/agent/microsandbox/cbor.ts';

const decode = (bytes: Uint8Array): CborValue => decodeCbor(bytes, 'malformed_payload', plain`The test`);
const decodeHex = (hex: string): CborValue => decode(Buffer.from(hex, 'hex'));

function simple(value: CborValue): unknown {
  if (isCborMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, simple(item)]));
  if (Array.isArray(value)) return (value as CborValue[]).map(simple);
  return value;
}

const leaf = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }),
);
const tree = fc.letrec<{ value: CborInput }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

describe('CBOR', () => {
  test('returns what was written, for every value a message can hold', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(simple(decode(encodeCbor(value)))).toEqual(value);
      }),
    );
  });

  test('answers arbitrary bytes with a value or an AgentError of the code asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AgentError);
          expect(error).toMatchObject({ code: 'malformed_payload' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['no bytes', ''],
    ['bytes after the item', 'a000'],
    ['a key twice', 'a2616100616101'],
    ['a key that is a number', 'a10000'],
    ['a key that is a byte string', 'a1416100'],
    ['text that is not UTF-8', '62c328'],
    ['a surrogate in text', '63eda080'],
    ['undefined', 'f7'],
    ['a tag', 'd9d9f7a0'],
    ['a break in a map of known size', 'a16161ff'],
    ['a break where a value belongs', 'bf6161ff'],
    ['a break alone', 'ff'],
    ['an array that is too short', '8200'],
    ['a text longer than what is left', '7b7fffffffffffffff'],
    ['a map of 2^32-1 pairs', 'bb00000000ffffffff'],
    ['text in chunks', '7f6161ff'],
  ])('refuses %s', (_, hex) => {
    expect(() => decodeHex(hex)).toThrow(AgentError);
  });

  test('accepts maps and arrays of indefinite length', () => {
    expect(simple(decodeHex('bf61619f0102ff6162f5ff'))).toEqual({ a: [1, 2], b: true });
  });

  test('tells a float from an integer of the same value', () => {
    expect(decodeHex('fb4010000000000000')).toEqual(new CborFloat(4));
    expect(decodeHex('04')).toBe(4);
  });

  test('keeps text that contains a genuine replacement character', () => {
    expect(decode(encodeCbor('a\uFFFDb'))).toBe('a\uFFFDb');
  });

  test('hands out byte strings that do not change with the receive buffer', () => {
    const bytes = Buffer.from(encodeCbor(new Uint8Array([1, 2, 3])));
    const value = decode(bytes);
    bytes.fill(0);
    expect(value).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('cannot be made to reach a prototype by a key', () => {
    const value = decodeHex('a1695f5f70726f746f5f5fa0');
    expect(isCborMap(value) && [...value.keys()]).toEqual(['__proto__']);
  });

  test('bounds the depth, and takes what lies within', () => {
    const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.of(0)]);
    expect(() => decode(nested(cborMaxDepth))).not.toThrow();
    expect(() => decode(nested(cborMaxDepth + 1))).toThrow(/deeper/);
    expect(() => decode(nested(1_000_000))).toThrow(/deeper/);
  });

  test('bounds the number of items, which take far more memory than bytes', () => {
    const many = Buffer.concat([Buffer.from('9f', 'hex'), Buffer.alloc(cborMaxItems, 0xa0), Buffer.of(0xff)]);
    expect(() => decode(many)).toThrow(/items/);
  });
});
