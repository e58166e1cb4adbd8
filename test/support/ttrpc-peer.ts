import { duplexPair, type Duplex } from 'node:stream';
import { vi } from 'vitest';
import { decodeChunk } from '../../src/agent/wire/frame-decoder.ts';
import { encodeTtrpcFrame, TtrpcFrameDecoder, type TtrpcFrame } from '../../src/agent/wire/ttrpc-frame.ts';

/** The far end of a ttrpc connection, moved by hand: it imitates peers that do what no real program does. */
export interface TtrpcPeer {
  /** The near end, for the code under test. */
  readonly stream: Duplex;
  /** The far end itself, for bytes that are no frames. */
  readonly far: Duplex;
  /** Every frame that came from the near end so far. */
  readonly received: readonly TtrpcFrame[];
  send(streamId: number, type: number, flags: number, body?: Uint8Array): void;
  /** Waits until `count` frames came, and returns them. */
  waitFor(count: number): Promise<readonly TtrpcFrame[]>;
}

/** Makes a connected pair, one end of it a {@link TtrpcPeer}. */
export function ttrpcPeer(): TtrpcPeer {
  const [stream, far] = duplexPair();
  const decoder = new TtrpcFrameDecoder();
  const received: TtrpcFrame[] = [];
  far.on('data', (chunk: Buffer) => {
    decodeChunk(decoder, chunk, (frame) => received.push(frame));
  });
  far.on('error', () => undefined);
  return {
    stream,
    far,
    received,
    send(streamId, type, flags, body = new Uint8Array(0)) {
      far.write(encodeTtrpcFrame(streamId, type, flags, body));
    },
    async waitFor(count) {
      await vi.waitUntil(() => received.length >= count, { timeout: 5000, interval: 1 });
      return received;
    },
  };
}
