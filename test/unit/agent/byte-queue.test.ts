import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { ByteQueue } from '../../../src/base/byte-queue.ts';

test('taken bytes are the pushed bytes, whatever the sizes of both, and stay as they were', () => {
  const step = fc.oneof(
    fc.uint8Array({ maxLength: 700, size: 'max' }).map((chunk) => ({ chunk })),
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
        for (const offset of [0, expected.length - 4].filter((at) => at >= 0 && expected.length >= 4)) {
          expect(queue.peekUint8(offset)).toBe(expected.readUInt8(offset));
          expect(queue.peekUint16(offset)).toBe(expected.readUInt16BE(offset));
          expect(queue.peekUint32(offset)).toBe(expected.readUInt32BE(offset));
        }
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

test('a chunk that is all there is comes out without a copy', () => {
  const queue = new ByteQueue();
  const chunk = Buffer.from([1, 2, 3]);
  queue.push(Uint8Array.of(0));
  queue.take(1);
  queue.push(chunk);
  expect(queue.take(3).buffer).toBe(chunk.buffer);
});

test('a stream of single bytes finds room for twice what is held, each time there is none', () => {
  const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
  try {
    const queue = new ByteQueue();
    for (let index = 0; index <= 1024; index++) queue.push(Uint8Array.of(index));
    expect(allocate.mock.calls.map(([bytes]) => bytes)).toEqual([256, 512, 1024, 2048]);
    // What was taken makes room when the bytes are moved, and is not moved with them.
    queue.take(1020);
    for (let index = 0; index < 1023; index++) queue.push(Uint8Array.of(index));
    expect(allocate).toHaveBeenCalledTimes(4);
    queue.push(Uint8Array.of(7));
    queue.push(Uint8Array.of(8));
    expect(allocate.mock.calls.slice(4)).toEqual([[2 * 1028]]);
  } finally {
    allocate.mockRestore();
  }
});
