import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { ByteQueue } from '../../base/byte-queue.ts';

/** First bytes of a stream that are kept, to tell what answers. */
const greetingBytes = 64;

/** A stream lent to a library that insists on opening its own connections. */
export interface LocalBridge {
  /** Unix socket or named pipe to connect to, once. */
  readonly path: string;
  /** The first bytes that came from the stream, some 64 of them. */
  readonly greeting: ByteQueue;
  /** Resolves when either side is closed, with the stream's error if there was one; never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Closes both sides. */
  close(): void;
}

/**
 * Opens a socket in a directory that only this user can enter, joins the first connection to `stream`, and takes no
 * other. The socket and its directory are gone as soon as that connection is there.
 *
 * @throws Error of the system when it gives no directory or no socket; the stream is left to the caller.
 */
export async function bridgeStream(stream: Duplex): Promise<LocalBridge> {
  const greeting = new ByteQueue();
  const keepGreeting = (chunk: Buffer): void => {
    greeting.push(Buffer.from(chunk.subarray(0, greetingBytes)));
    if (greeting.length >= greetingBytes) stream.off('data', keepGreeting);
  };
  const closed = new Promise<Error | undefined>((resolve) => {
    stream.on('error', resolve);
    for (const event of ['end', 'close']) {
      stream.on(event, () => {
        resolve(undefined);
      });
    }
  });
  const directory = await mkdtemp(join(tmpdir(), 'sandlight-'));
  const path =
    process.platform === 'win32' ? `\\\\.\\pipe\\sandlight-${randomUUID()}` : join(directory, 'bridge');
  const server = createServer({ noDelay: true });
  let inner: Socket | undefined;
  const stopListening = (): void => {
    server.close();
    void rm(directory, { recursive: true, force: true });
  };
  server.once('connection', (socket) => {
    inner = socket;
    stopListening();
    // Its library learns more from the error than is of use here; the stream goes with it.
    socket.on('error', () => undefined);
    socket.once('close', () => stream.destroy());
    // A pipe passes on an end, but not that a stream is gone without one.
    stream.once('close', () => socket.end());
    stream.on('data', keepGreeting);
    socket.pipe(stream).pipe(socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    stopListening();
    throw error;
  }
  const close = (): void => {
    if (inner === undefined) stopListening();
    inner?.destroy();
    stream.destroy();
  };
  return { path, greeting, closed, close };
}
