import { readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { listen, type Listener } from '../../../src/guest/listen.ts';
import { temporaryFolder } from './support.ts';

const isWindows = process.platform === 'win32';

async function listenOn(path: string): Promise<Listener> {
  const listener = await listen({ kind: 'unix', path }, (stream) => stream.pipe(stream), {
    logger: silentLogger,
  });
  onTestFinished(() => listener.close());
  return listener;
}

/** What comes back for "ping" from an echoing listener. */
function echo(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write('ping'));
    socket.once('data', (chunk) => {
      resolve(chunk.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe.skipIf(isWindows)('listening on a Unix socket', () => {
  it('makes the folder and the socket for this user alone, and removes the socket at the end', async () => {
    const folder = join(await temporaryFolder(), 'new', 'deep');
    const path = join(folder, 'agent.sock');
    const listener = await listenOn(path);
    // The umask that made the socket private is undone.
    await writeFile(join(folder, 'other'), '', { mode: 0o700 });
    expect((await stat(join(folder, 'other'))).mode & 0o700).toBe(0o700);
    await unlink(join(folder, 'other'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await echo(path)).toBe('ping');
    await listener.close();
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat(dirname(folder))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves the folders that it did not make, and those that others use', async () => {
    const existing = await temporaryFolder();
    await (await listenOn(join(existing, 'agent.sock'))).close();
    expect(await readdir(existing)).toEqual([]);
    const made = join(existing, 'new', 'deep');
    const listener = await listenOn(join(made, 'agent.sock'));
    await writeFile(join(made, 'theirs'), '');
    await listener.close();
    expect(await readdir(made)).toEqual(['theirs']);
  });

  it('removes the folders that it made in vain', async () => {
    const existing = await temporaryFolder();
    // No file of that name can be made.
    await expect(listenOn(`${join(existing, 'new', 'deep')}/`)).rejects.toThrow(/cannot listen/);
    expect(await readdir(existing)).toEqual([]);
  });

  it('replaces the file that a killed server left', async () => {
    const path = join(await temporaryFolder(), 'agent.sock');
    const server = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', server]);
    expect((await stat(path)).isSocket()).toBe(true);
    await listenOn(path);
    expect(await echo(path)).toBe('ping');
  });

  it('leaves the socket of a live server alone', async () => {
    const path = join(await temporaryFolder(), 'agent.sock');
    await listenOn(path);
    await expect(listenOn(path)).rejects.toMatchObject({
      code: 'unreachable',
      message: `Another program listens on ${path}; stop it or listen elsewhere.`,
    });
    expect(await echo(path)).toBe('ping');
  });

  it('does not remove a file that is no socket', async () => {
    const path = join(await temporaryFolder(), 'precious');
    await writeFile(path, 'data');
    await expect(listenOn(path)).rejects.toMatchObject({ code: 'not_permitted' });
    expect((await stat(path)).isFile()).toBe(true);
  });

  it('says when a path is too long for a socket', async () => {
    const path = join(await temporaryFolder(), 'x'.repeat(100));
    await expect(listenOn(path)).rejects.toMatchObject({
      code: 'not_permitted',
      message: expect.stringContaining('103 bytes') as string,
    });
  });

  it('closes open streams when it closes', async () => {
    const path = join(await temporaryFolder(), 'agent.sock');
    const listener = await listenOn(path);
    const socket = connect(path);
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await listener.close();
    await closed;
  });
});

describe('listening on TCP', () => {
  it('tells the port that it was given', async () => {
    const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
    const listener = await listen(address, (stream) => stream.destroy(), { logger: silentLogger });
    onTestFinished(() => listener.close());
    expect(listener.address).toMatchObject({ kind: 'tcp', host: '127.0.0.1' });
    expect((listener.address as { port: number }).port).toBeGreaterThan(0);
  });

  it('refuses an address that others can reach', async () => {
    const address = { kind: 'tcp', host: '0.0.0.0', port: 0 } as const;
    await expect(listen(address, () => undefined, { logger: silentLogger })).rejects.toMatchObject({
      code: 'not_permitted',
    });
  });

  it('says when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const taken = listen({ kind: 'tcp', host: '127.0.0.1', port }, () => undefined, { logger: silentLogger });
    await expect(taken).rejects.toMatchObject({ code: 'unreachable' });
  });
});

it('says which transports the agent can listen on', async () => {
  const address = { kind: 'vsock', cid: 3, port: 1 } as const;
  await expect(listen(address, () => undefined, { logger: silentLogger })).rejects.toMatchObject({
    code: 'unsupported',
    message: 'The agent cannot listen on vsock; it can on unix, pipe, tcp, tls.',
  });
});
