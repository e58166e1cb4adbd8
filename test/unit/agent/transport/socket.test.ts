import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TtrpcChannel } from '../../../../src/agent/rpc/ttrpc-channel.ts';
import { connectTransport } from '../../../../src/agent/transport/connect-transport.ts';
import { openSocket } from '../../../../src/agent/transport/socket.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { matching } from '../../../support/matching.ts';
import { listenForTest } from '../../../support/servers.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const directory = tempDir();
const patient = { timeoutMs: 30_000, logger: silentLogger };

describe.skipIf(process.platform === 'win32')('a path that leads to no socket says what it leads to', () => {
  it.each([
    ['a file', 'file', /is a file, not a socket\. Correct the path\./],
    ['a folder', 'folder', /is a folder, not a socket\. Name the socket in it\./],
    ['nothing', 'nothing', /Nothing exists at this path/],
  ])('%s', async (_what, name, message) => {
    writeFileSync(join(directory, 'file'), '');
    mkdirSync(join(directory, 'folder'), { recursive: true });
    await expect(openSocket({ path: join(directory, name) }, patient)).rejects.toMatchObject({
      code: 'unreachable',
      message: matching(message),
    });
  });

  it('a socket that nobody serves any more', async () => {
    const path = join(directory, 'left.sock');
    const { execFileSync } = await import('node:child_process');
    const leave = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrow();
    await expect(openSocket({ path }, patient)).rejects.toMatchObject({
      message: matching(/Nothing listens there/),
    });
  });
});

it('a TCP server that hangs up on us without a word may want TLS', async () => {
  const port = await listenForTest(
    createServer((socket) => socket.once('data', () => socket.end())),
    { port: 0 },
  );
  const stream = await connectTransport({ kind: 'tcp', host: '127.0.0.1', port }, patient);
  const call = new TtrpcChannel(stream).unary('s', 'm', new Uint8Array(0), patient);
  await expect(call).rejects.toMatchObject({
    code: 'connection_closed',
    message: matching(/may want TLS \(\+tls\)/),
  });
});

it('a Unix socket that is closed has nothing to do with TLS', async () => {
  const path = join(directory, 'leaves.sock');
  await listenForTest(
    createServer((socket) => socket.once('data', () => socket.end())),
    { path },
  );
  const stream = await connectTransport({ kind: 'unix', path }, patient);
  const call = new TtrpcChannel(stream).unary('s', 'm', new Uint8Array(0), patient);
  await expect(call).rejects.toMatchObject({
    message: expect.stringMatching(/^The agent closed the connection\. (?!.*TLS)/) as unknown,
  });
});
