import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { decodeCbor, isCborMap, type CborMap } from '../../../../src/agent/microsandbox/cbor.ts';
import { MicrosandboxChannel } from '../../../../src/agent/microsandbox/channel.ts';
import { MicrosandboxEncoder } from '../../../../src/agent/microsandbox/encoder.ts';
import {
  decodeMicrosandboxEnvelope,
  type MicrosandboxEnvelope,
} from '../../../../src/agent/microsandbox/envelope.ts';
import { MicrosandboxFrameDecoder } from '../../../../src/agent/microsandbox/frame.ts';
import { readGuestFile } from '../../../../src/agent/microsandbox/guest-file.ts';
import { maxListeningSockets } from '../../../../src/agent/microsandbox/listening-ports.ts';
import { microsandboxMessage as message } from '../../../../src/agent/microsandbox/messages.ts';
import { microsandboxSession, type MicrosandboxSession } from '../../../../src/agent/microsandbox/session.ts';
import { Closing } from '../../../../src/agent/rpc/closing.ts';
import { capabilitiesOf } from '../../../../src/agent/session.ts';
import { plain } from '../../../../src/base/text.ts';

const options = { timeoutMs: 1000 };
const guest = new MicrosandboxEncoder('guest', 7);

type Handle = (request: MicrosandboxEnvelope, id: number) => readonly Uint8Array[];

/** A channel whose guest answers each message with frames of the test's. */
class FakeGuest {
  readonly received: string[] = [];
  readonly channel: MicrosandboxChannel<'client'>;

  constructor(handle: Handle) {
    const connection = {
      failure: undefined,
      write: (bytes: Uint8Array): void => {
        for (const { id, body } of framesOf(bytes)) {
          const request = decodeMicrosandboxEnvelope(body);
          this.received.push(request.t);
          const answers = handle(request, id);
          queueMicrotask(() => {
            for (const frame of answers.flatMap(framesOf)) this.channel.receive(frame);
          });
        }
      },
    };
    this.channel = new MicrosandboxChannel(connection, {
      range: { start: 1, endExclusive: 1000 },
      encoder: new MicrosandboxEncoder('client', 7),
    });
  }

  session(): MicrosandboxSession {
    const { closed } = new Closing();
    return microsandboxSession({
      endpoint: { protocol: 'microsandbox', transport: { kind: 'unix', path: '/x' } },
      channel: this.channel,
      connection: { closed, close: () => undefined },
      ready: {
        generation: 9,
        payload: { boot_time_ns: 1n, init_time_ns: 2n, ready_time_ns: 3n, agent_version: null },
      },
      defaultUser: null,
    });
  }
}

function framesOf(bytes: Uint8Array): { id: number; flags: number; body: Uint8Array }[] {
  const decoder = new MicrosandboxFrameDecoder();
  decoder.push(bytes);
  const frames = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  return frames;
}

const answersPings: Handle = ({ t }, id) =>
  t === message.ping.name ? [guest.encode(message.pong, id, {})] : [];

/** A guest whose every file has the content of `chunks`. */
function withFile(chunks: readonly Uint8Array[]): FakeGuest {
  return new FakeGuest(({ p }, id) => {
    const request = decodeCbor(p, 'malformed_payload', plain`The request`) as CborMap;
    const op = request.get('op');
    const data = isCborMap(op) && op.has('OpenFile') ? new Map([['Handle', 1]]) : null;
    const isRead = isCborMap(op) && op.has('Read');
    return [
      ...(isRead ? chunks.map((chunk) => guest.encode(message.fsData, id, { data: chunk })) : []),
      guest.encode(message.fsResponse, id, { ok: true, ...(data !== null && { data: { Handle: 1 } }) }),
    ];
  });
}

test('a microsandbox session offers what its protocol has, and says why not the rest', () => {
  const session = new FakeGuest(answersPings).session();
  expect([...capabilitiesOf(session)]).toEqual(['sync_clock', 'touch', 'boot_timing', 'listening_ports']);
  expect(Object.keys(session.absent)).toEqual(['runtime', 'system', 'ports']);
  expect(session.agent).toEqual({ version: '', generation: 7 });
  expect(session.boot).toEqual({ bootTimeNanos: 1n, initTimeNanos: 2n, readyTimeNanos: 3n });
});

describe('setting the clock', () => {
  test('is confirmed by the answer to the ping behind it, and leaves nothing on the signal', async () => {
    const { signal } = new AbortController();
    const agent = new FakeGuest(answersPings);
    const session = agent.session();
    for (let round = 0; round < 3; round++) {
      expect(await session.clock.sync({ ...options, unixNanos: 5n, signal })).toEqual({
        sentUnixNanos: 5n,
        resolution: 'nanosecond',
        confirmed: true,
        driftBeforeMs: null,
      });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(agent.received.slice(0, 2)).toEqual(['core.clock.sync', 'core.ping']);
  });

  test('that is refused is told although the ping is answered', async () => {
    const agent = new FakeGuest((request, id) =>
      request.t === message.clockSync.name
        ? [guest.encode(message.error, id, { kind: 'invalid_payload', message: 'no' })]
        : answersPings(request, id),
    );
    await expect(agent.session().clock.sync(options)).rejects.toMatchObject({
      code: 'remote_error',
      remote: { kind: 'invalid_payload' },
    });
  });

  test('sends nothing when it was cancelled before, and ends when it is cancelled', async () => {
    const agent = new FakeGuest(() => []);
    const signal = AbortSignal.abort();
    await expect(agent.session().clock.sync({ ...options, signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(agent.received).toEqual([]);
    const stop = new AbortController();
    const syncing = agent.session().clock.sync({ ...options, signal: stop.signal });
    stop.abort();
    await expect(syncing).rejects.toMatchObject({ code: 'cancelled' });
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});

describe('reading a file of the guest', () => {
  test('keeps no more than was asked for, in however many pieces it comes', async () => {
    const pieces = [...Array<Buffer>(500).fill(Buffer.alloc(0)), Buffer.from('ab'), Buffer.from('c')];
    const { bytes, truncated } = await readGuestFile(withFile(pieces).channel, '/x', 10, options);
    expect(bytes.toString()).toBe('abc');
    expect(truncated).toBe(false);
    expect(bytes.buffer.byteLength).toBe(10);
  });

  test('is given up when the guest sends more', async () => {
    const exact = withFile([Buffer.from('ab'), Buffer.from('cd')]);
    expect(await readGuestFile(exact.channel, '/x', 4, options)).toMatchObject({ truncated: true });
    await expect(readGuestFile(exact.channel, '/x', 3, options)).rejects.toMatchObject({
      code: 'frame_too_large',
    });
  });

  test('of its sockets keeps a bounded number, and says that there are more', async () => {
    const line = '0: 00000000:1F90 00000000:0000 0A x\n';
    const few = withFile([Buffer.from(line.repeat(maxListeningSockets))]);
    const { sockets, truncated } = await few.session().listening.read(options);
    // Of both tables, IPv4 and IPv6.
    expect(sockets).toHaveLength(2 * maxListeningSockets);
    expect(truncated).toBe(false);
    const many = withFile([Buffer.from(line.repeat(maxListeningSockets + 1))]);
    expect(await many.session().listening.read(options)).toMatchObject({ truncated: true });
  });
});
