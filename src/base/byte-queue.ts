/**
 * Bytes received but not yet consumed, read as one contiguous run.
 *
 * Slices that were handed out stay valid: bytes are never overwritten, the store is replaced when it must grow.
 * A stream that arrives in tiny pieces costs amortised constant work a byte and at most twice the bytes held.
 */
export class ByteQueue {
  #store: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** False while `#store` is the caller's chunk, which must not be written to. */
  #owned = false;

  /** Number of bytes waiting. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Appends a chunk. The queue may keep a reference to it, so the caller must not change it afterwards. */
  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#store = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#start = 0;
      this.#end = chunk.byteLength;
      this.#owned = false;
      return;
    }
    const needed = this.length + chunk.byteLength;
    if (!this.#owned || this.#end + chunk.byteLength > this.#store.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.length, 256));
      this.#store.copy(grown, 0, this.#start, this.#end);
      this.#end = this.length;
      this.#start = 0;
      this.#store = grown;
      this.#owned = true;
    }
    this.#store.set(chunk, this.#end);
    this.#end += chunk.byteLength;
  }

  /** The byte at `offset` from the front, which must be below {@link length}. */
  peekUint8(offset: number): number {
    return this.#store.readUInt8(this.#start + offset);
  }

  /** The big-endian u16 at `offset` from the front, which must lie within {@link length}. */
  peekUint16(offset: number): number {
    return this.#store.readUInt16BE(this.#start + offset);
  }

  /** The big-endian u32 at `offset` from the front, which must lie within {@link length}. */
  peekUint32(offset: number): number {
    return this.#store.readUInt32BE(this.#start + offset);
  }

  /** Removes and returns the first `count` bytes, at most {@link length}; a view, not a copy. */
  take(count: number): Buffer {
    const taken = this.#store.subarray(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }
}
