import { describe, expect, it } from 'vitest';
import { encodeArcboxFrame, ArcboxFrameDecoder } from '../../../src/agent/arcbox/frame.ts';
import { encodeCbor } from '../../../src/agent/microsandbox/cbor.ts';
import { MicrosandboxEncoder } from '../../../src/agent/microsandbox/encoder.ts';
import { MicrosandboxFrameDecoder } from '../../../src/agent/microsandbox/frame.ts';
import { RelayDecoder } from '../../../src/agent/microsandbox/handshake.ts';
import { microsandboxMessage } from '../../../src/agent/microsandbox/messages.ts';
import type { FrameDecoder } from '../../../src/agent/wire/frame-decoder.ts';
import { encodeTtrpcReply } from '../../../src/agent/wire/ttrpc-envelope.ts';
import { TtrpcFrameDecoder } from '../../../src/agent/wire/ttrpc-frame.ts';

const guest = new MicrosandboxEncoder('guest', 7);
const readyFrame = guest.encode(microsandboxMessage.ready, 0, {
  boot_time_ns: 1n,
  init_time_ns: 2n,
  ready_time_ns: 3n,
});
const relay = (start: number, end: number): Buffer => {
  const range = Buffer.alloc(8);
  range.writeUInt32BE(start, 0);
  range.writeUInt32BE(end, 4);
  return Buffer.concat([range, readyFrame]);
};

const greetings = {
  'relay, first place': relay(1, 0x01ff_ffff),
  'relay, second place': relay(0x0200_0000, 0x03ff_fffe),
  'microsandbox-direct': guest.encode(microsandboxMessage.initResolved, 0, {
    default_user: { uid: 0, gid: 0 },
  }),
  arcbox: encodeArcboxFrame(0x1001, Buffer.from('pong')),
  'arcbox error': encodeArcboxFrame(0xffff, new Uint8Array(8)),
  http: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  http2: Buffer.from('000012040000000000000300000064', 'hex'),
  'tls alert': Buffer.from('15030300020228', 'hex'),
  ssh: Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
  text: Buffer.from('Welcome to vm42\n'),
};

const decoders: Readonly<Record<string, () => FrameDecoder<unknown>>> = {
  arcbox: () => new ArcboxFrameDecoder(),
  'arcbox-ttrpc': () => new TtrpcFrameDecoder(),
  microsandbox: () => new RelayDecoder(),
  'microsandbox-direct': () => new MicrosandboxFrameDecoder(),
};

/** What is said of a stream that begins with `bytes` and then ends: by an error, or beside one. */
function told(decoder: FrameDecoder<unknown>, bytes: Uint8Array): string {
  try {
    decoder.push(bytes);
    while (decoder.next() !== undefined) continue;
    decoder.end();
  } catch (error) {
    return (error as Error).message;
  }
  return decoder.hint();
}

const expected: readonly (readonly [keyof typeof greetings, RegExp])[] = [
  ['relay, first place', /try the protocol microsandbox\./],
  ['relay, second place', /try the protocol microsandbox\./],
  ['microsandbox-direct', /try the protocol microsandbox-direct\./],
  ['arcbox', /try the protocol arcbox\./],
  ['arcbox error', /try the protocol arcbox\./],
  ['http', /read as HTTP: this is not/],
  ['http2', /try the protocol arcbox-grpc/],
  ['tls alert', /wants TLS/],
  ['ssh', /SSH banner/],
  ['text', /"Welcome to vm42"/],
];

describe.each(Object.entries(decoders))('a client of %s', (own, decoder) => {
  const foreign = expected.filter(
    ([name]) => name.split(' ')[0] !== own && !(own === 'microsandbox' && /^(relay|arcbox|micro)/.test(name)),
  );

  it.each(foreign)('says what answers: %s', (name, pattern) => {
    expect(told(decoder(), greetings[name])).toMatch(pattern);
  });

  it('says of its own bytes nothing of the kind', () => {
    const mine: Readonly<Record<string, Buffer>> = {
      arcbox: greetings.arcbox,
      'arcbox-ttrpc': encodeTtrpcReply(1, encodeCbor({ a: 1 })),
      microsandbox: greetings['relay, second place'],
      'microsandbox-direct': readyFrame,
    };
    const bytes = mine[own]!;
    for (let length = 1; length <= bytes.length; length++) {
      const cut = decoder();
      cut.push(bytes.subarray(0, length));
      expect(cut.hint()).toBe('');
    }
  });
});

describe('a stream that brought nothing', () => {
  it('is told with what may be there, where the other side may wait as well', () => {
    expect(new ArcboxFrameDecoder().hint()).toMatch(/try arcbox-ttrpc or arcbox-grpc/);
    expect(new TtrpcFrameDecoder().hint()).toMatch(/try arcbox or arcbox-grpc/);
    expect(new RelayDecoder().hint()).toBe('');
  });
});
