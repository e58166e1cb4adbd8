import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visitFields } from '../../../../src/agent/arcbox/top-level-fields.ts';

interface Field {
  readonly number: number;
  readonly content: Buffer;
  readonly wireType: number;
}

function varint(value: bigint): Buffer {
  return Buffer.from(new BinaryWriter().uint64(value).finish());
}

function encode({ number, wireType, content }: Field): Buffer {
  const tag = (type: number): Buffer => varint(BigInt(number) * 8n + BigInt(type));
  if (wireType === 2) return Buffer.concat([tag(2), varint(BigInt(content.length)), content]);
  if (wireType === 3) return Buffer.concat([tag(3), content]);
  return Buffer.concat([tag(wireType), content]);
}

const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const number = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2 ** 29 - 1 }));

const scalar: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ number, wireType: fc.constant(0), content: fc.bigInt(0n, 2n ** 64n - 1n).map(varint) }),
  fc.record({ number, wireType: fc.constant(1), content: bytes(8) }),
  fc.record({ number, wireType: fc.constant(2), content: bytes(0, 300) }),
  fc.record({ number, wireType: fc.constant(5), content: bytes(4) }),
);

/** A group: its content ends with the tag that closes it, and may hold further groups. */
const { field } = fc.letrec<{ field: Field }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc
      .record({ number, inside: fc.array(tie('field'), { maxLength: 3 }) })
      .map(({ number: group, inside }) => ({
        number: group,
        wireType: 3,
        content: Buffer.concat([...inside.map(encode), varint(BigInt(group) * 8n + 4n)]),
      })),
  ),
}));

test('every field of a message is visited with its number and content, in order', () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 10 }), (fields) => {
      const message = Buffer.concat(fields.map(encode));
      const visited: { number: number; content: Buffer }[] = [];
      visitFields(message, (found, start, end) => {
        visited.push({ number: found, content: message.subarray(start, end) });
      });
      expect(visited).toEqual(fields.map(({ number: own, content }) => ({ number: own, content })));
    }),
  );
});
