import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MicrosandboxEncoder } from '../../../src/agent/microsandbox/encoder.ts';
import { decodeMicrosandboxEnvelope } from '../../../src/agent/microsandbox/envelope.ts';
import { MicrosandboxFrameDecoder } from '../../../src/agent/microsandbox/frame.ts';
import { decodeCbor, type CborInput, type CborMap } from '../../../src/agent/microsandbox/cbor.ts';
import { microsandboxMessage as message } from '../../../src/agent/microsandbox/messages.ts';
import { plain } from '../../../src/base/text.ts';
import { MicrosandboxAgent, type GuestPermissions } from '../../../src/guest/microsandbox/agent.ts';
import { maxProgramsPerClient } from '../../../src/guest/microsandbox/program-sessions.ts';
import { MicrosandboxRelay } from '../../../src/guest/microsandbox/relay.ts';

const ready = { boot_time_ns: 1n, init_time_ns: 2n, ready_time_ns: 3n, agent_version: '1' };
const everything = { exec: true, files: true, forward: true };
const encoder = new MicrosandboxEncoder('client', 7);

let folder: string;
let server: Server;
let agent: MicrosandboxAgent;
const clients: Client[] = [];

/** A bare client of the relay: what it sends is up to the test. */
class Client {
  readonly socket: Socket;
  readonly frames: { readonly id: number; readonly t: string; readonly p: CborMap }[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(path: string) {
    this.socket = connect(path);
    clients.push(this);
    const decoder = new MicrosandboxFrameDecoder();
    let skipped = 0;
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk: Buffer) => {
      const skip = Math.min(8 - skipped, chunk.length);
      skipped += skip;
      decoder.push(chunk.subarray(skip));
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        const { t, p } = decodeMicrosandboxEnvelope(frame.body);
        this.frames.push({ id: frame.id, t, p: decodeCbor(p, 'malformed_payload', plain`It`) as CborMap });
      }
      for (const look of this.#waiting) look();
    });
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** All frames of the id up to the first of a type that matches. */
  until(id: number, type: RegExp): Promise<CborMap> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.frames.find((frame) => frame.id === id && type.test(frame.t));
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found.p);
      };
      this.#waiting.add(look);
      look();
    });
  }

  bytes(id: number, type: string): Buffer {
    const pieces = this.frames.filter((frame) => frame.id === id && frame.t === type);
    return Buffer.concat(pieces.map(({ p }) => p.get('data') as Uint8Array));
  }

  async fs(id: number, name: string, fields: Readonly<Record<string, CborInput>>): Promise<CborMap> {
    this.send(encoder.encode(message.fsRequest, id, { op: { [name]: fields } }));
    return this.until(id, /fs\.response/);
  }
}

function exec(id: number, words: readonly string[], more: object = {}): Buffer {
  const [cmd = '', ...args] = words;
  return encoder.encode(message.execRequest, id, { cmd, args, ...more });
}

function stdin(id: number, data: Uint8Array): Buffer {
  return encoder.encode(message.execStdin, id, { data });
}

const ping = (id: number): Buffer => encoder.encode(message.ping, id, {});

async function open(allow?: GuestPermissions): Promise<Client> {
  agent = new MicrosandboxAgent({ ready, log: () => undefined, ...(allow && { allow }) });
  const relay = new MicrosandboxRelay(agent);
  const path = join(folder, 's');
  server = createServer((socket) => {
    relay.accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = new Client(path);
  await client.until(0, /core\.ready/);
  return client;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inside-'));
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  clients.length = 0;
  await agent.close();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

describe('programs', () => {
  test('run with arguments, folder and environment, and tell output, errors and exit code', async () => {
    const client = await open(everything);
    client.send(
      exec(5, ['sh', '-c', 'printf "%s %s" "$A" "$PWD"; printf err >&2; exit 7'], {
        cwd: '/',
        env: ['A=b c'],
      }),
    );
    expect((await client.until(5, /exited/)).get('code')).toBe(7);
    expect(client.bytes(5, 'core.exec.stdout').toString()).toBe('b c /');
    expect(client.bytes(5, 'core.exec.stderr').toString()).toBe('err');
    expect(client.frames.filter(({ id }) => id === 5).at(-1)?.t).toBe('core.exec.exited');
  });

  test.each([
    [['/no/such'], {}, 'not_found'],
    [['no-such-program-anywhere'], {}, 'not_found'],
    [['/etc/passwd'], {}, 'permission_denied'],
    [['true'], { cwd: '/no/such' }, 'bad_cwd'],
    [['true', 'a\0b'], {}, 'bad_args'],
    [['true'], { env: ['novalue'] }, 'bad_args'],
    [['true'], { user: 'no-such-user' }, 'user_setup_failed'],
  ])('that cannot run say why: %j %j', async (words, more, kind) => {
    const client = await open(everything);
    client.send(exec(5, words, more));
    expect((await client.until(5, /exec\.(failed|exited)/)).get('kind')).toBe(kind);
  });

  test('get their input whole and to its end', async () => {
    const client = await open(everything);
    client.send(exec(5, ['wc', '-c']));
    for (let piece = 0; piece < 3000; piece++) client.send(stdin(5, Buffer.alloc(1000)));
    client.send(stdin(5, Buffer.alloc(0)));
    await client.until(5, /exited/);
    expect(client.bytes(5, 'core.exec.stdout').toString().trim()).toBe('3000000');
  });

  test('that do not read hold up only the ping behind their own input', async () => {
    const client = await open(everything);
    client.send(exec(5, ['sleep', '60']));
    await client.until(5, /started/);
    // The kernel takes the first few hundred KiB.
    for (let piece = 0; piece < 4; piece++) client.send(stdin(5, Buffer.alloc(240_000)));
    client.send(ping(6), ping(7));
    await client.until(7, /pong/);
    expect(client.frames.some(({ id }) => id === 6)).toBe(false);
    client.send(encoder.encode(message.execSignal, 5, { signal: 9 }));
    await client.until(6, /pong/);
    expect((await client.until(5, /exited/)).get('code')).toBe(-1);
  });

  test('end with their client, with what they started in the background', async () => {
    const client = await open(everything);
    client.send(exec(5, ['bash', '-c', 'set -m; trap "" HUP; sleep 61 & echo $! $$; wait']));
    await client.until(5, /stdout/);
    const pids = client.bytes(5, 'core.exec.stdout').toString().trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    client.socket.destroy();
    await agent.close();
    await expect.poll(() => pids.filter(isRunning), { timeout: 5000 }).toEqual([]);
  });

  test('have a terminal of the size asked for, which can change', async () => {
    const client = await open(everything);
    client.send(
      exec(
        5,
        [
          'sh',
          '-c',
          'stty size; until [ "$(stty size)" = "40 120" ]; do sleep 0.02; done; read line; exit 3',
        ],
        { tty: true, rows: 30, cols: 100 },
      ),
    );
    const text = (): string => client.bytes(5, 'core.exec.stdout').toString();
    await expect.poll(text).toContain('30 100');
    client.send(encoder.encode(message.execResize, 5, { rows: 40, cols: 120 }));
    client.send(stdin(5, Buffer.from('go\n')));
    expect((await client.until(5, /exited/)).get('code')).toBe(3);
  });

  test('are limited in number, and an id that is in use is refused', async () => {
    const client = await open(everything);
    for (let id = 1; id <= 1000; id++) client.send(exec(id, ['sleep', '62']));
    expect((await client.until(1000, /failed/)).get('kind')).toBe('resource_limit');
    client.send(exec(1, ['true']));
    expect((await client.until(1, /core\.error/)).get('kind')).toBe('invalid_session');
    await client.until(maxProgramsPerClient, /started/);
  });

  test('are over when they end, whatever they leave behind with their output open', async () => {
    const client = await open(everything);
    client.send(exec(5, ['sh', '-c', 'sleep 64 & echo $!; exit 4']));
    expect((await client.until(5, /exited/)).get('code')).toBe(4);
    process.kill(Number(client.bytes(5, 'core.exec.stdout').toString()));
  });

  test('take no notice of what is about no program, and say when the input is over', async () => {
    const client = await open(everything);
    const signal = encoder.encode(message.execSignal, 99, { signal: 9 });
    client.send(
      stdin(99, Buffer.from('x')),
      signal,
      encoder.encode(message.execResize, 99, { rows: 1, cols: 1 }),
    );
    client.send(exec(5, ['sleep', '63']), encoder.encode(message.execResize, 5, { rows: 1, cols: 1 }));
    client.send(stdin(5, Buffer.alloc(0)), stdin(5, Buffer.from('late')));
    expect((await client.until(5, /stdin\.error/)).get('errno_name')).toBe('EPIPE');
  });
});

describe('files', () => {
  const options = { read: true, write: true, append: false, create: true, truncate: true, create_new: false };

  test('are written and read in pieces, and listed with names that are not UTF-8', async () => {
    const client = await open(everything);
    const path = join(folder, 'x');
    const content = Buffer.alloc(700_000, 'abc');
    const handle = ((await client.fs(1, 'OpenFile', { path, options })).get('data') as CborMap).get(
      'Handle',
    ) as number;
    client.send(
      encoder.encode(message.fsRequest, 2, { op: { Write: { handle, offset: 0, len: content.length } } }),
    );
    for (let at = 0; at < content.length; at += 100_000)
      client.send(encoder.encode(message.fsData, 2, { data: content.subarray(at, at + 100_000) }));
    client.send(encoder.encode(message.fsData, 2, { data: Buffer.alloc(0) }));
    expect((await client.until(2, /response/)).get('ok')).toBe(true);
    expect((await readFile(path)).equals(content)).toBe(true);
    await client.fs(3, 'Read', { handle, offset: 100, len: null });
    expect(client.bytes(3, 'core.fs.data').equals(content.subarray(100))).toBe(true);
    expect((await client.fs(4, 'CloseHandle', { handle })).get('ok')).toBe(true);
    expect((await client.fs(5, 'CloseHandle', { handle })).get('error')).toBe('invalid handle');
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff])]), 'odd');
    const list = ((await client.fs(6, 'List', { path: folder })).get('data') as CborMap).get(
      'List',
    ) as CborMap[];
    expect(list.map((entry) => [entry.get('path'), entry.get('kind'), entry.get('size')])).toEqual(
      expect.arrayContaining([
        [path, 'file', content.length],
        [`${folder}/a\uFFFD`, 'file', 3],
      ]) as unknown[],
    );
  });

  test('are read of a folder page by page', async () => {
    const client = await open(everything);
    for (let index = 0; index < 5; index++) await writeFile(join(folder, `f${index}`), '');
    const data = (await client.fs(1, 'OpenDir', { path: folder })).get('data') as CborMap;
    const sizes: number[] = [];
    for (let id = 2; sizes.at(-1) !== 0; id++) {
      const page = (await client.fs(id, 'ReadDir', { handle: data.get('Handle') as number, limit: 4 })).get(
        'data',
      );
      sizes.push(((page as CborMap).get('List') as CborMap[]).length);
    }
    // The socket of the agent is the sixth.
    expect(sizes).toEqual([4, 2, 0]);
  });

  test.each([
    ['Stat', { path: '/no/such', follow_symlink: true }, /No such file or directory \(os error 2\)/],
    ['Stat', { path: '/a\0b', follow_symlink: true }, /null bytes/],
    ['Rename', { src: '/no/such', dst: '/no/other' }, /os error 2/],
    ['Read', { handle: 77, offset: 0, len: null }, /invalid handle/],
    ['Explode', {}, /unknown/],
    ['Stat', {}, /wrong fields/],
  ])('say why not: %s %j', async (name, fields, error) => {
    const client = await open(everything);
    expect((await client.fs(1, name, fields)).get('error')).toMatch(error);
  });

  test('are written no longer than promised, and a write goes on beside other work', async () => {
    const client = await open(everything);
    const data = (await client.fs(1, 'OpenFile', { path: join(folder, 'x'), options })).get(
      'data',
    ) as CborMap;
    const handle = data.get('Handle') as number;
    client.send(encoder.encode(message.fsRequest, 2, { op: { Write: { handle, offset: 0, len: 3 } } }));
    expect((await client.fs(3, 'FStat', { handle })).get('ok')).toBe(true);
    client.send(encoder.encode(message.fsData, 2, { data: Buffer.from('four') }));
    expect((await client.until(2, /response/)).get('error')).toContain('more than the 3 promised bytes');
  });
});

describe('tunnels', () => {
  test('carry bytes both ways and half an end', async () => {
    const client = await open(everything);
    const echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('end', () => socket.end('bye'));
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as AddressInfo;
    client.send(encoder.encode(message.tcpConnect, 5, { host: '127.0.0.1', port }));
    await client.until(5, /connected/);
    client.send(encoder.encode(message.tcpData, 5, { data: Buffer.alloc(200_000, 'x') }));
    client.send(encoder.encode(message.tcpEof, 5, {}));
    await client.until(5, /closed/);
    const types = client.frames.filter(({ id }) => id === 5).map(({ t }) => t);
    expect(types.slice(-2)).toEqual(['core.tcp.eof', 'core.tcp.closed']);
    expect(client.bytes(5, 'core.tcp.data').toString()).toBe(`${'x'.repeat(200_000)}bye`);
    await new Promise((resolve) => echo.close(resolve));
  });

  test.each([
    ['192.0.2.1', 80, /only to its own machine/],
    ['example.com', 80, /only to its own machine/],
    ['127.0.0.1', 0, /port 0/],
    ['127.0.0.1', 1, /ECONNREFUSED/],
  ])('say why not: %s:%i', async (host, port, error) => {
    const client = await open(everything);
    client.send(encoder.encode(message.tcpConnect, 5, { host, port }));
    expect((await client.until(5, /failed/)).get('error')).toMatch(error);
  });

  test('answer bytes for none', async () => {
    const client = await open(everything);
    client.send(encoder.encode(message.tcpData, 5, { data: Buffer.from('x') }));
    expect((await client.until(5, /failed/)).get('error')).toBe('unknown TCP session: 5');
  });
});

test('nothing of it is done without leave, and each refusal names its flag', async () => {
  const client = await open();
  client.send(exec(1, ['true']), encoder.encode(message.tcpConnect, 2, { host: '127.0.0.1', port: 22 }));
  const failed = await client.until(1, /failed/);
  expect(failed.get('kind')).toBe('permission_denied');
  expect(failed.get('message')).toContain('--allow-exec');
  expect((await client.until(2, /failed/)).get('error')).toContain('--allow-forward');
  expect((await client.fs(3, 'List', { path: '/' })).get('error')).toContain('--allow-files');
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
