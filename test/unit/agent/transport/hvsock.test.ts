import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openHybridVsock } from '../../../../src/agent/transport/hvsock.ts';
import { matching } from '../../../support/matching.ts';
import { listenForTest } from '../../../support/servers.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const directory = tempDir();
const patient = { timeoutMs: 30_000 };
let sockets = 0;

/** Imitates the vsock multiplexer of Firecracker: reads `CONNECT port` up to its newline, then does what `answer` says. */
async function multiplexer(answer: (socket: Socket, line: string) => void): Promise<string> {
  const path = join(directory, `v${++sockets}.sock`);
  const server = createServer((socket) => {
    let line = '';
    const onData = (chunk: Buffer): void => {
      line += chunk.toString();
      if (!line.includes('\n')) return;
      socket.off('data', onData);
      socket.pause();
      answer(socket, line);
    };
    socket.on('data', onData);
  });
  await listenForTest(server, { path });
  return path;
}

async function firstBytes(stream: Socket, count: number): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.length >= count) break;
  }
  return text;
}

describe('a hybrid vsock', () => {
  it('asks for the port and keeps every byte after the answer line', async () => {
    const path = await multiplexer((socket, line) => {
      socket.write(`OK 1073741824\n[${line.trim()}]`);
    });
    const stream = await openHybridVsock({ path, port: 1024 }, patient);
    expect(await firstBytes(stream, 14)).toBe('[CONNECT 1024]');
  });

  it('takes an answer that comes byte by byte, and speaks both ways after it', async () => {
    const path = await multiplexer((socket) => {
      socket.setNoDelay(true);
      const send = async (): Promise<void> => {
        for (const letter of 'OK 7\n') {
          socket.write(letter);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        socket.pipe(socket);
      };
      void send();
    });
    const stream = await openHybridVsock({ path, port: 7 }, patient);
    stream.write('echo');
    expect(await firstBytes(stream, 4)).toBe('echo');
  });

  it('says that nothing listens when the VMM closes without a line', async () => {
    const path = await multiplexer((socket) => socket.end());
    await expect(openHybridVsock({ path, port: 99 }, patient)).rejects.toMatchObject({
      code: 'unreachable',
      message: matching(/nothing listens on vsock port 99.*not the vsock socket of a VMM/),
    });
  });

  it.each([
    ['another line', 'ERROR no\n', /said "ERROR no" instead of OK\. Name the vsock socket/],
    ['a word that begins with OK', 'OKAY\n', /said "OKAY"/],
    ['no end of line within 64 bytes', `OK ${'1'.repeat(80)}\n`, /instead of OK/],
  ])('refuses %s', async (_name, answer, message) => {
    const path = await multiplexer((socket) => socket.write(answer));
    await expect(openHybridVsock({ path, port: 1 }, patient)).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(message),
    });
  });

  it('gives up on a VMM that does not answer', async () => {
    const path = await multiplexer(() => undefined);
    await expect(openHybridVsock({ path, port: 1 }, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'timeout',
      message: matching(/did not answer CONNECT 1.*Check that the path/),
    });
  });

  it('is cancelled by its signal', async () => {
    const controller = new AbortController();
    const path = await multiplexer(() => {
      controller.abort();
    });
    await expect(
      openHybridVsock({ path, port: 1 }, { ...patient, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says that the socket is missing', async () => {
    const path = join(directory, 'missing.sock');
    await expect(openHybridVsock({ path, port: 1 }, patient)).rejects.toMatchObject({ code: 'unreachable' });
  });
});
