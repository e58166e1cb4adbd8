import fc from 'fast-check';

/** Sizes that {@link chunked} goes through again and again. */
export const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });

/** Cuts `bytes` into copies of the given sizes, in a cycle. */
export function* chunked(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let offset = 0;
  for (let turn = 0; offset < bytes.byteLength; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield Uint8Array.from(bytes.subarray(offset, offset + size));
    offset += size;
  }
}
