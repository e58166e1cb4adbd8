import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from '../../../src/base/byte-queue.ts';

test('taken bytes are the pushed bytes, whatever the sizes of both, and stay as they were', () => {
  const step = fc.oneof(
    fc.uint8Array({ maxLength: 700 }).map((chunk) => ({ chunk })),
    fc.integer({ min: 0, max: 900 }).map((count) => ({ count })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const queue = new ByteQueue();
      let expected = Buffer.alloc(0);
      const taken: { bytes: Buffer; copy: Buffer }[] = [];
      for (const item of steps) {
        if ('chunk' in item) {
          queue.push(item.chunk);
          expected = Buffer.concat([expected, item.chunk]);
        } else {
          const count = Math.min(item.count, expected.length);
          const bytes = queue.take(count);
          expect(bytes.equals(expected.subarray(0, count))).toBe(true);
          taken.push({ bytes, copy: Buffer.from(bytes) });
          expected = expected.subarray(count);
        }
        expect(queue.length).toBe(expected.length);
        if (expected.length >= 4) expect(queue.peekUint32(0)).toBe(expected.readUInt32BE(0));
      }
      for (const { bytes, copy } of taken) expect(bytes.equals(copy)).toBe(true);
    }),
  );
});

test('a pushed chunk is never written to', () => {
  const queue = new ByteQueue();
  const chunk = Buffer.from([1, 2, 3, 4]);
  queue.push(chunk.subarray(0, 2));
  queue.push(Buffer.from([9, 9]));
  expect([...chunk]).toEqual([1, 2, 3, 4]);
  expect([...queue.take(4)]).toEqual([1, 2, 9, 9]);
});
