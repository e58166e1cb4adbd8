import { Duplex, duplexPair } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AgentError } from '../../../src/agent/errors.ts';
import {
  FrameConnection,
  maxBytesPerTurn,
  maxFramesPerTurn,
} from '../../../src/agent/rpc/frame-connection.ts';
import { encodeTtrpcFrame, TtrpcFrameDecoder, type TtrpcFrame } from '../../../src/agent/wire/ttrpc-frame.ts';

const empty = new Uint8Array();

/** `count` frames whose stream ids count up from 1, as one chunk. */
function flood(count: number, body = empty): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => encodeTtrpcFrame(index + 1, 2, 0, body)));
}

interface Listening {
  readonly connection: FrameConnection<TtrpcFrame>;
  /** Ids in the order in which their frames came. */
  readonly ids: number[];
  /** What came last: frames and, in the end, the failure's code. */
  readonly events: (number | string)[];
}

function listenTo(stream: Duplex, onFrame: (frame: TtrpcFrame) => void = () => undefined): Listening {
  const ids: number[] = [];
  const events: (number | string)[] = [];
  const connection = new FrameConnection(stream, new TtrpcFrameDecoder(), {
    onFrame: (frame) => {
      ids.push(frame.streamId);
      events.push(frame.streamId);
      onFrame(frame);
    },
    onFailed: ({ code }: AgentError) => {
      events.push(code);
    },
  });
  return { connection, ids, events };
}

/** A stream that yields what it is given and says whether it is paused. */
function source(): Duplex {
  return new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('a flood of frames', () => {
  it('is handled a bounded number of frames at a time, in order, with the stream paused between', async () => {
    const stream = source();
    const { ids } = listenTo(stream);
    const count = 3 * maxFramesPerTurn + 7;
    stream.push(flood(count));
    const seen: number[] = [];
    while (ids.length < count) {
      const before = ids.length;
      await nextTurn();
      seen.push(ids.length - before);
      if (ids.length < count && ids.length > 0) expect(stream.isPaused()).toBe(true);
    }
    expect(Math.max(...seen)).toBe(maxFramesPerTurn);
    expect(ids).toEqual(upTo(count));
    await nextTurn();
    expect(stream.isPaused()).toBe(false);
  });

  it('lets another connection be served while it goes on', async () => {
    const flooded = source();
    const quiet = source();
    const { ids } = listenTo(flooded);
    const other = listenTo(quiet);
    const count = 100 * maxFramesPerTurn;
    flooded.push(flood(count));
    await nextTurn();
    quiet.push(flood(1));
    await nextTurn();
    await nextTurn();
    expect(other.ids).toEqual([1]);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThanOrEqual(5 * maxFramesPerTurn);
  });

  it('of few large frames is bounded by its bytes', async () => {
    const stream = source();
    const { ids } = listenTo(stream);
    const chunk = flood(1, Buffer.alloc(64 * 1024));
    for (let sent = 0; sent < 40; sent++) stream.push(chunk);
    let most = 0;
    while (ids.length < 40) {
      const before = ids.length;
      await nextTurn();
      most = Math.max(most, ids.length - before);
    }
    expect(most).toBeLessThanOrEqual(maxBytesPerTurn / (64 * 1024) + 1);
  });

  it('really holds its sender back', async () => {
    const [near, far] = duplexPair({ highWaterMark: 1024 });
    const { ids } = listenTo(near);
    const turns: number[] = [];
    for (let sent = 0; sent < 20; sent++) far.write(flood(maxFramesPerTurn));
    while (ids.length < 20 * maxFramesPerTurn) {
      await nextTurn();
      turns.push(far.writableLength);
    }
    expect(turns.filter((length) => length > 0).length).toBeGreaterThan(5);
  });

  it.each([
    ['its end', (stream: Duplex) => stream.push(null), 'connection_closed'],
    ['its failure', (stream: Duplex) => stream.destroy(new Error('reset')), 'connection_closed'],
    ['being closed by the other side', (stream: Duplex) => stream.destroy(), 'connection_closed'],
  ] as const)('comes whole before %s', async (_what, finish, code) => {
    const stream = source();
    const { connection, events } = listenTo(stream);
    const count = 2 * maxFramesPerTurn + 1;
    stream.once('data', () => {
      process.nextTick(() => void finish(stream));
    });
    stream.push(flood(count));
    await connection.closed;
    expect(events).toEqual([...upTo(count), code]);
  });

  it('that ends inside a frame is whole up to there', async () => {
    const stream = source();
    const { connection, events } = listenTo(stream);
    const count = maxFramesPerTurn + 1;
    stream.push(Buffer.concat([flood(count), Buffer.of(0, 0)]));
    stream.push(null);
    await connection.closed;
    expect(events).toEqual([...upTo(count), 'truncated_frame']);
  });

  it('ends at once when we close the connection', async () => {
    const stream = source();
    const { connection, events } = listenTo(stream, ({ streamId }) => {
      if (streamId === 3) connection.close();
    });
    stream.push(flood(10 * maxFramesPerTurn));
    await connection.closed;
    await nextTurn();
    expect(events).toEqual([1, 2, 3, 'cancelled']);
  });

  it('that is damaged in a later turn fails there', async () => {
    const stream = source();
    const { connection, events } = listenTo(stream);
    stream.push(Buffer.concat([flood(maxFramesPerTurn + 2), Buffer.alloc(10, 0xff)]));
    await connection.closed;
    expect(events).toEqual([...upTo(maxFramesPerTurn + 2), 'frame_too_large']);
  });
});
