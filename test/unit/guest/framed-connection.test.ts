import { Duplex, duplexPair } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  AgentPingRequest,
  AgentPingResponse,
  PortBindingsRemoved,
  SystemInfo,
} from '../../../src/agent/generated/arcbox/v1/agent.ts';
import type { PortBinding } from '../../../src/agent/generated/arcbox/v1/common.ts';
import { ContainerChanged } from '../../../src/agent/generated/sandlight/v1/notifications.ts';
import {
  PingRequestExtension,
  PingResponseExtension,
} from '../../../src/agent/generated/sandlight/v1/ping_extension.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { decodeArcboxError } from '../../../src/agent/arcbox/error.ts';
import { encodeArcboxFrame } from '../../../src/agent/arcbox/frame.ts';
import { arcboxType } from '../../../src/agent/arcbox/messages.ts';
import { serveFramedConnection } from '../../../src/guest/framed-connection.ts';
import { followEnginePorts } from '../../../src/guest/published-ports.ts';
import type { GuestMethod, GuestMethodTable } from '../../../src/guest/service.ts';
import { FakeEngine } from '../docker/fake-engine.ts';
import { RawClient, startAgent } from './support.ts';

const isWindows = process.platform === 'win32';

/** A ping as bytes of a frame; `extension` adds Sandlight's part. */
function pingFrame(message: string, traceId = '', extension?: Partial<PingRequestExtension>): Buffer {
  const payload = AgentPingRequest.encode(AgentPingRequest.create({ message }));
  if (extension !== undefined) PingRequestExtension.encode(PingRequestExtension.create(extension), payload);
  return encodeArcboxFrame(arcboxType.pingRequest, payload.finish(), traceId);
}

describe.skipIf(isWindows)('the ArcBox agent on a Unix socket', () => {
  it('answers a ping, repeats its trace id and tells its version', async () => {
    const client = new RawClient((await startAgent()).path);
    client.send(pingFrame('hello', 'trace-ä'));
    const [frame] = await client.receive(1);
    expect(frame).toMatchObject({ type: arcboxType.pingResponse, traceId: 'trace-ä' });
    expect(AgentPingResponse.decode(frame!.payload)).toEqual({
      message: 'pong: hello',
      version: '1.2.3',
      protocolVersion: 0,
    });
  });

  it('answers "pong" to a ping without text, with the very bytes of an agent that has no extension', async () => {
    const client = new RawClient((await startAgent()).path);
    client.send(pingFrame(''));
    const [frame] = await client.receive(1);
    const plain = AgentPingResponse.encode({
      message: 'pong',
      version: '1.2.3',
      protocolVersion: 0,
    }).finish();
    expect(Buffer.from(frame!.payload)).toEqual(Buffer.from(plain));
  });

  it('answers requests in order, however their bytes are cut', async () => {
    const client = new RawClient((await startAgent()).path);
    const bytes = Buffer.concat([
      pingFrame('1', 'a'),
      encodeArcboxFrame(arcboxType.runtimeStatusRequest, new Uint8Array(), 'b'),
      pingFrame('3', 'c'),
    ]);
    for (const byte of bytes) client.send(Buffer.of(byte));
    const frames = await client.receive(3);
    expect(frames.map(({ traceId }) => traceId)).toEqual(['a', 'b', 'c']);
  });

  it('answers a client that has finished sending', async () => {
    const client = new RawClient((await startAgent()).path);
    client.socket.end(pingFrame('last words'));
    await client.closed;
    expect(client.frames).toHaveLength(1);
  });

  it('still sends what it answered before a frame that ends the connection', async () => {
    const client = new RawClient((await startAgent()).path);
    client.send(
      Buffer.concat([pingFrame('', 'a'), pingFrame('', 'b'), encodeArcboxFrame(0x7777, new Uint8Array())]),
    );
    await client.closed;
    expect(client.frames.map(({ traceId }) => traceId)).toEqual(['a', 'b']);
  });

  it('refuses a bad payload with error 400 and stays open [request_bad_payload]', async () => {
    const client = new RawClient((await startAgent()).path);
    client.send('000000090000000100000a05ab');
    client.send(pingFrame('still there'));
    const [refusal, pong] = await client.receive(2);
    expect(refusal!.type).toBe(arcboxType.error);
    const { code, text } = decodeArcboxError(refusal!.payload);
    expect(code).toBe(400);
    expect(text).toMatch(/^invalid request: failed to decode Protobuf message: /);
    expect(pong!.type).toBe(arcboxType.pingResponse);
  });

  it.each([
    ['a response type [agent_gets_response_type]', '00000006000010010000'],
    ['Empty', '00000006000000000000'],
    ['a notification', '00000006000010300000'],
    ['an error', '000000060000ffff0000'],
  ])('refuses %s with error 400 and stays open', async (_name, hex) => {
    const client = new RawClient((await startAgent()).path);
    client.send(hex);
    client.send(pingFrame('still there'));
    const [refusal, pong] = await client.receive(2);
    expect(decodeArcboxError(refusal!.payload)).toMatchObject({
      code: 400,
      text: expect.stringContaining('invalid request: unexpected message type: ') as string,
    });
    expect(pong!.type).toBe(arcboxType.pingResponse);
  });

  it('ignores the payload of a system info request [agent_sysinfo_with_garbage_payload]', async () => {
    const client = new RawClient((await startAgent()).path);
    client.send('00000008000000020000ffff');
    const [frame] = await client.receive(1);
    expect(frame!.type).toBe(arcboxType.systemInfoResponse);
    expect(SystemInfo.decode(frame!.payload).cpuCount).toBeGreaterThan(0);
  });

  it.each([
    ['an unknown type, after its header alone [agent_gets_unknown_type]', '0000000600000777'],
    ['a frame beyond 16 MiB, after its length alone', '01000001'],
    ['a frame shorter than its header', '00000005'],
    ['a trace id that leaves its frame', '00000006000000010001'],
    ['a web browser', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ])('hangs up on %s, without a word', async (_name, hex) => {
    const client = new RawClient((await startAgent()).path);
    client.send(hex);
    await client.closed;
    expect(client.frames).toEqual([]);
  });

  it('drops a trace id that is not UTF-8 and answers all the same', async () => {
    const client = new RawClient((await startAgent()).path);
    client.send('00000008000000010002c328');
    const [frame] = await client.receive(1);
    expect(frame).toMatchObject({ type: arcboxType.pingResponse, traceId: '' });
  });

  it('serves connections independently of each other', async () => {
    const { path } = await startAgent();
    const idle = new RawClient(path);
    idle.send('0000'); // Half a length, and then silence.
    const client = new RawClient(path);
    client.send(pingFrame('hello'));
    expect(await client.receive(1)).toHaveLength(1);
  });
});

/** A far end whose writes are counted, and wait until they are let through. */
function slowStream(): { stream: Duplex; writes: () => number; bytes: () => number; letThrough: () => void } {
  let [writes, bytes] = [0, 0];
  let held: (() => void)[] | undefined = [];
  const take = (length: number, done: () => void): void => {
    writes++;
    bytes += length;
    if (held === undefined) done();
    else held.push(done);
  };
  const stream = new Duplex({
    highWaterMark: 1024,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      take(chunk.length, done);
    },
    writev: (chunks, done) => {
      take(
        chunks.reduce((sum, { chunk }) => sum + (chunk as Buffer).length, 0),
        done,
      );
    },
  });
  return {
    stream,
    writes: () => writes,
    bytes: () => bytes,
    letThrough: () => {
      const waiting = held ?? [];
      held = undefined;
      for (const done of waiting) done();
    },
  };
}

describe('many requests at once', () => {
  const echo: GuestMethodTable = new Map([
    ['arcbox.v1.AgentService/Ping', { kind: 'unary', handle: (request) => Promise.resolve(request) }],
  ]);
  const serve = (stream: Duplex): Promise<void> => {
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const ports = followEnginePorts(new FakeEngine(), stop.signal, silentLogger);
    return serveFramedConnection(stream, { methods: echo, ports, logger: silentLogger });
  };
  const pings = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => pingFrame('x')));

  it('are answered in one write', async () => {
    const { stream, writes, bytes, letThrough } = slowStream();
    letThrough();
    void serve(stream);
    const asked = pings(40);
    stream.push(asked);
    await vi.waitUntil(() => bytes() === asked.length);
    expect(writes()).toBe(1);
    stream.destroy();
  });

  it('are not read on while the client reads no answers', async () => {
    const { stream, bytes, letThrough } = slowStream();
    const served = serve(stream);
    const asked = pings(1000);
    stream.push(asked);
    await vi.waitUntil(() => stream.writableLength > 0);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.writableLength).toBeLessThan(1024 + 2 * pingFrame('x').length);
    letThrough();
    await vi.waitUntil(() => bytes() === asked.length);
    stream.push(null);
    await served;
  });

  it('let everything else have its turn', async () => {
    const { stream, bytes, letThrough } = slowStream();
    letThrough();
    void serve(stream);
    const asked = pings(2000);
    stream.push(asked);
    let turns = 0;
    while (bytes() < asked.length) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(turns).toBeGreaterThan(5);
    stream.destroy();
  });
});

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

/** A connection to the agent's frames in memory, over a fake engine. */
function connectTo(methods: GuestMethodTable = subscribeOnPing()): { client: RawPair; engine: FakeEngine } {
  const engine = new FakeEngine();
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const ports = followEnginePorts(engine, stop.signal, silentLogger);
  const [near, far] = duplexPair();
  void serveFramedConnection(far, { methods, ports, logger: silentLogger });
  return { client: near, engine };
}

type RawPair = ReturnType<typeof duplexPair>[0];

/** The agent's own Ping needs probes; this one subscribes and answers nothing. */
function subscribeOnPing(reportContainers = false): GuestMethodTable {
  const ping: GuestMethod = {
    kind: 'unary',
    handle: async (_request, { subscribePorts }) => {
      await subscribePorts?.({ reportContainers });
      return new Uint8Array();
    },
  };
  return new Map([['arcbox.v1.AgentService/Ping', ping]]);
}

/** Reads frames as `type payload` in short form as they come. */
function collect(client: RawPair): string[] {
  const seen: string[] = [];
  let rest = Buffer.alloc(0);
  client.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      seen.push(describeFrame(rest.readUInt32BE(4), rest.subarray(10 + rest.readUInt16BE(8), end)));
      rest = rest.subarray(end);
    }
  });
  return seen;
}

function describeFrame(type: number, payload: Buffer): string {
  const ports = (list: readonly PortBinding[]): string => list.map(({ hostPort }) => hostPort).join(',');
  if (type === arcboxType.portBindingsChanged) {
    const { containerId, bindings, engine } = ContainerChanged.decode(payload);
    if (engine !== undefined) return engine.stale ? 'stale' : 'current';
    return `changed ${containerId.slice(0, 1)}:${ports(bindings)}`;
  }
  if (type === arcboxType.portBindingsRemoved) {
    return `removed ${PortBindingsRemoved.decode(payload).containerId.slice(0, 1)}`;
  }
  return type === arcboxType.pingResponse ? 'pong' : `0x${type.toString(16)}`;
}

describe('port notifications on frames', () => {
  it('sends the snapshot before the answer of the ping that asked, then each change', async () => {
    const { client, engine } = connectTo();
    engine.setContainer(a, 8080);
    engine.setContainer(b, 9090);
    const seen = collect(client);
    client.write(pingFrame('', '', { subscribePorts: true }));
    await vi.waitFor(() => {
      expect(seen).toEqual(['changed a:8080', 'changed b:9090', 'pong']);
    }, 8000);
    engine.setContainer(a, undefined, false);
    engine.send('container', 'die', a);
    await vi.waitFor(() => {
      expect(seen.slice(3)).toEqual(['removed a']);
    }, 8000);
    client.write(pingFrame('', '', { subscribePorts: true }));
    await vi.waitFor(() => {
      expect(seen.slice(4)).toEqual(['pong']);
    }, 8000);
  });

  it('sends containers without ports and the state of the engine to a client that asked for them', async () => {
    const { client, engine } = connectTo(subscribeOnPing(true));
    engine.setContainer(a, undefined, false);
    const seen = collect(client);
    client.write(pingFrame('', '', { subscribePorts: true, reportContainers: true }));
    await vi.waitFor(() => {
      expect(seen).toEqual(['changed a:', 'pong']);
    }, 8000);
    engine.goDown();
    await vi.waitFor(() => {
      expect(seen.slice(2)).toEqual(['stale']);
    }, 8000);
  });

  it('sends nothing to a client that did not ask', async () => {
    const { client, engine } = connectTo(
      new Map([
        ['arcbox.v1.AgentService/Ping', { kind: 'unary', handle: () => Promise.resolve(new Uint8Array()) }],
      ]),
    );
    const seen = collect(client);
    client.write(pingFrame(''));
    await vi.waitFor(() => {
      expect(seen).toEqual(['pong']);
    }, 8000);
    engine.setContainer(a, 8080);
    engine.send('container', 'start', a);
    await vi.waitFor(() => {
      expect(engine.calls).toContain('inspect a');
    }, 8000);
    client.write(pingFrame(''));
    await vi.waitFor(() => {
      expect(seen).toEqual(['pong', 'pong']);
    }, 8000);
  });

  it('holds one list a container for a client that does not read', async () => {
    const { client, engine } = connectTo();
    client.write(pingFrame('', '', { subscribePorts: true }));
    // Reads nothing until the pushes have filled the stream and the rest has to wait.
    for (let port = 1; port <= 2000; port++) {
      engine.setContainer(a, port);
      engine.send('container', 'start', a);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const seen = collect(client);
    await vi.waitFor(() => {
      expect(seen.at(-1)).toBe('changed a:2000');
    }, 8000);
    expect(seen.length).toBeLessThan(1500);
  });

  it('grants the subscription and reports the clock only to a ping that asks', async () => {
    if (isWindows) return;
    const client = new RawClient((await startAgent()).path);
    const before = BigInt(Date.now()) * 1_000_000n;
    client.send(pingFrame('', '', { subscribePorts: true, reportClock: true }));
    const [frame] = await client.receive(1);
    const { portsSubscribed, clock } = PingResponseExtension.decode(frame!.payload);
    expect(portsSubscribed).toBe(true);
    expect(clock).toMatchObject({ wasSet: false, refusal: '' });
    expect(clock!.unixNanos).toBeGreaterThanOrEqual(before);
  });

  it('answers error 500 when a call fails inside, and goes on', async () => {
    const fail: GuestMethod = { kind: 'unary', handle: () => Promise.reject(new Error('out of luck')) };
    const { client } = connectTo(new Map([['arcbox.v1.AgentService/Ping', fail]]));
    const frames: Buffer[] = [];
    client.on('data', (chunk: Buffer) => frames.push(chunk));
    client.write(pingFrame(''));
    client.write(encodeArcboxFrame(arcboxType.systemInfoRequest, new Uint8Array()));
    await vi.waitFor(() => {
      expect(frames).toHaveLength(2);
    }, 8000);
    const errors = frames.map((frame) => decodeArcboxError(frame.subarray(10)));
    expect(errors).toEqual([
      { code: 500, text: 'out of luck' },
      { code: 501, text: 'GetSystemInfo is not implemented' },
    ]);
  });
});
