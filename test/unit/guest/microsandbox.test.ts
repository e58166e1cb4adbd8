import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectAgent } from '../../../src/agent/connect.ts';
import type { Protocol } from '../../../src/agent/endpoint.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { MicrosandboxSession } from '../../../src/agent/microsandbox/session.ts';
import { readGuestFile } from '../../../src/agent/microsandbox/guest-file.ts';
import { MicrosandboxChannel } from '../../../src/agent/microsandbox/channel.ts';
import { decodeMicrosandboxCapture, type CapturedFrame } from '../../../src/agent/microsandbox/capture.ts';
import { MicrosandboxEncoder } from '../../../src/agent/microsandbox/encoder.ts';
import { MicrosandboxFrameDecoder, type MicrosandboxFrame } from '../../../src/agent/microsandbox/frame.ts';
import { readBootTime } from '../../../src/guest/boot-time.ts';
import { MicrosandboxAgent, type MicrosandboxAgentParts } from '../../../src/guest/microsandbox/agent.ts';
import { serveMicrosandboxDirect } from '../../../src/guest/microsandbox/direct.ts';
import { Outlet } from '../../../src/guest/microsandbox/outlet.ts';
import { MicrosandboxRelay, relayMaxClients } from '../../../src/guest/microsandbox/relay.ts';

const options = { timeoutMs: 5000 };
const ready = { boot_time_ns: 11n, init_time_ns: 22n, ready_time_ns: 33n, agent_version: '1.2.3' };

const unknownType = '0000001a0000000100a361760761746a636f72652e6e6f706573617041a0';

let folder: string;
let server: Server | undefined;
const sockets = new Set<Socket>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guest-'));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  const closing = server;
  server = undefined;
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  await rm(folder, { recursive: true });
});

async function listen(accept: (socket: Socket) => void): Promise<string> {
  const path = join(folder, 's');
  server = createServer((socket) => {
    sockets.add(socket);
    accept(socket);
  });
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  return path;
}

function agent(parts: Partial<MicrosandboxAgentParts> = {}): MicrosandboxAgent {
  return new MicrosandboxAgent({ ready, log: () => undefined, ...parts });
}

function listenRelay(parts: Partial<MicrosandboxAgentParts> = {}): Promise<string> {
  const relay = new MicrosandboxRelay(agent(parts));
  return listen((socket) => {
    relay.accept(socket);
  });
}

async function open(path: string, protocol: Protocol = 'microsandbox'): Promise<MicrosandboxSession> {
  const session = await connectAgent(
    { protocol, transport: { kind: 'unix', path } },
    { ...options, logger: silentLogger },
  );
  if (!('defaultUser' in session)) throw new Error('another kind of session was opened');
  return session as MicrosandboxSession;
}

/** Sends raw bytes after the handshake and returns all frames up to the answer of id `lastId`, or the end. */
async function converse(
  path: string,
  hex: string,
  lastId: number,
): Promise<readonly CapturedFrame[] | 'closed'> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.write(Buffer.from(hex, 'hex'));
  let received = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    try {
      const { frames } = decodeMicrosandboxCapture(received);
      if (frames.some(({ id }) => id === lastId)) return frames.slice(1);
    } catch {
      // Not all of it has come yet.
    }
  }
  return 'closed';
}

describe('the relay', () => {
  test('tells the boot timing and the version, answers pings, and counts activity', async () => {
    const session = await open(await listenRelay());
    expect(session.agent).toEqual({ version: '1.2.3', generation: 7 });
    expect(session.boot).toEqual({ bootTimeNanos: 11n, initTimeNanos: 22n, readyTimeNanos: 33n });
    expect(await session.ping(options)).toMatchObject({ version: '1.2.3', message: '', clockOffsetMs: null });
    const before = await session.activity.touch(options);
    await session.ping(options);
    expect(await session.activity.touch(options)).toBe(before + 1n);
    expect(session.droppedFrames).toBe(0);
  });

  test('serves 128 clients with ranges of their own, closes the next, and gives a free place away again', async () => {
    const path = await listenRelay();
    const sessions = await Promise.all(Array.from({ length: relayMaxClients }, () => open(path)));
    await Promise.all(sessions.map((session) => session.ping(options)));
    await expect(open(path)).rejects.toMatchObject({ code: 'connection_closed' });
    sessions[5]!.close();
    await expect
      .poll(
        () =>
          open(path).then(
            () => 'open',
            () => 'full',
          ),
        { timeout: 5000 },
      )
      .toBe('open');
  });

  test('lists the sockets that listen on this machine', async () => {
    const session = await open(await listenRelay());
    const tcp = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => tcp.once('listening', resolve));
    const { port } = tcp.address() as { port: number };
    const { sockets: listening } = await session.listening.read(options);
    expect(listening).toContainEqual({ address: '127.0.0.1', port });
    await new Promise((resolve) => tcp.close(resolve));
  });

  test('refuses to set the clock unless allowed, in words that arrive', async () => {
    const session = await open(await listenRelay());
    await expect(session.clock.sync({ ...options, unixNanos: 1n })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('--allow-clock-set') as string,
      remote: { kind: 'unsupported_message_type', offendingType: 'core.clock.sync' },
    });
    await session.ping(options);
  });

  test('sets the clock when allowed, before the sync counts as confirmed, and leaves a right one alone', async () => {
    const set: bigint[] = [];
    const setClock = (seconds: bigint): Promise<undefined> => {
      set.push(seconds);
      return Promise.resolve(undefined);
    };
    const session = await open(await listenRelay({ setClock }));
    expect(await session.clock.sync(options)).toMatchObject({ confirmed: true, resolution: 'nanosecond' });
    expect(set).toEqual([]);
    const sync = await session.clock.sync({ ...options, unixNanos: 1_000_000_000_900_000_000n });
    expect(sync).toMatchObject({ confirmed: true, sentUnixNanos: 1_000_000_000_900_000_000n });
    expect(set).toEqual([1_000_000_001n]);
  });

  test('passes on why the clock could not be set', async () => {
    const session = await open(await listenRelay({ setClock: () => Promise.resolve('no permission') }));
    await expect(session.clock.sync({ ...options, unixNanos: 1_000_000_000n })).rejects.toThrow(
      /no permission/,
    );
  });

  test.each([
    ['an unknown type', unknownType, 'unsupported_message_type'],
    ['wrong flags', '000000190000000101a3617607617469636f72652e70696e67617041a0', 'invalid_flags'],
    [
      'a payload that is no map',
      '000000190000000100a3617607617469636f72652e70696e6761704180',
      'invalid_payload',
    ],
    ['a body that is no CBOR', '00000007000000010068656c', 'malformed_message'],
    [
      'a shutdown',
      '0000001d0000000104a361760761746d636f72652e73687574646f776e617041a0',
      'unsupported_message_type',
    ],
    [
      'what only a relay may send',
      '000000500000000100a36176076174781e636f72652e72656c61792e636c69656e742e646973636f6e6e656374656461705821a26869645f7374617274017069645f656e645f6578636c75736976651a01ffffff',
      'invalid_session',
    ],
  ])('survives %s and answers core.error', async (_, hex, kind) => {
    const path = await listenRelay();
    const frames = await converse(path, hex, 1);
    expect(frames).toMatchObject([{ id: 1, flags: 1, t: 'core.error', payload: { kind } }]);
    await (await open(path)).ping(options);
  });

  test('answers nothing to a mistake of a peer too old for core.error, and goes on', async () => {
    const oldUnknown = unknownType.replace('617607', '617604');
    const ping = '000000190000000200a3617607617469636f72652e70696e67617041a0';
    expect(await converse(await listenRelay(), oldUnknown + ping, 2)).toMatchObject([
      { id: 2, t: 'core.pong' },
    ]);
  });

  test.each([
    ['an id outside the range', '000000190000000500a3617607617469636f72652e70696e67617041a0'],
    ['id 0', '000000190000000000a3617607617469636f72652e70696e67617041a0'],
    ['an offer of shared memory', '0000000b00000000004d5342530101'],
    ['a frame length below 5', '00000004'],
    ['a frame beyond 4 MiB', '00400001'],
  ])('closes a client that sends %s, and serves the others', async (_, hex) => {
    const path = await listenRelay();
    const other = await open(path);
    expect(await converse(path, hex, -1)).toBe('closed');
    await other.ping(options);
  });

  test('opens no file but the two tables of sockets, and keeps handles apart', async () => {
    const guest = agent();
    const [mine, theirs] = [channelTo(guest), channelTo(guest)];
    await expect(readGuestFile(mine, '/etc/passwd', 100, options)).rejects.toMatchObject({
      code: 'remote_error',
    });
    const { bytes, truncated } = await readGuestFile(mine, '/proc/net/tcp', 50, options);
    expect(bytes.toString()).toMatch(/^\s+sl/);
    expect(truncated).toBe(true);
    await expect(readGuestFile(theirs, '/proc/net/tcp6', 1_000_000, options)).resolves.toMatchObject({
      truncated: false,
    });
  });
});

describe("the agent's own channel", () => {
  test('is opened by resolve, acknowledgement and ready', async () => {
    const path = await listen((socket) => {
      serveMicrosandboxDirect(socket, agent());
    });
    const session = await open(path, 'microsandbox-direct');
    expect(session.defaultUser).toEqual({ uid: process.getuid!(), gid: process.getgid!() });
    expect(session.boot.readyTimeNanos).toBe(33n);
    await session.ping(options);
    await session.activity.touch(options);
  });

  test('that stays silent ends in a timeout that says what was missing', async () => {
    const path = await listen(() => undefined);
    await expect(
      connectAgent(
        { protocol: 'microsandbox-direct', transport: { kind: 'unix', path } },
        { timeoutMs: 50, logger: silentLogger },
      ),
    ).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('core.init.resolved') as string,
    });
  });

  test('that begins as a relay does is refused', async () => {
    const path = await listenRelay();
    await expect(
      connectAgent(
        { protocol: 'microsandbox-direct', transport: { kind: 'unix', path } },
        { ...options, logger: silentLogger },
      ),
    ).rejects.toMatchObject({ code: 'invalid_frame' });
  });
});

test('the boot clock is that of the machine', () => {
  const clock = readBootTime();
  const first = clock.now();
  expect(first).toBeGreaterThan(clock.mainBeganNanos);
  expect(clock.now()).toBeGreaterThanOrEqual(first);
  expect(clock.mainBeganNanos).toBeGreaterThan(0n);
});

/** A channel straight into an agent, without a socket. */
function channelTo(guest: MicrosandboxAgent): MicrosandboxChannel<'client'> {
  const toFrame = (bytes: Uint8Array): MicrosandboxFrame => {
    const buffer = Buffer.from(bytes);
    return { id: buffer.readUInt32BE(4), flags: buffer.readUInt8(8), body: buffer.subarray(9) };
  };
  const out = new PassThrough();
  const decoder = new MicrosandboxFrameDecoder();
  out.on('data', (chunk: Buffer) => {
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) channel.receive(frame);
  });
  const conversation = guest.converse('client', new Outlet(out));
  const connection = {
    failure: undefined,
    write: (bytes: Uint8Array): void => {
      void Promise.resolve(conversation.handle(toFrame(bytes))).then((replies) => {
        for (const reply of replies) out.write(reply);
      });
    },
  };
  const channel = new MicrosandboxChannel(connection, {
    range: { start: 1, endExclusive: 1000 },
    encoder: new MicrosandboxEncoder('client', 7),
  });
  return channel;
}
