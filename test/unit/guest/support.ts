import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { ArcboxFrameDecoder, type ArcboxFrame } from '../../../src/agent/arcbox/frame.ts';
import { decodeChunk } from '../../../src/agent/wire/frame-decoder.ts';
import { startGuestAgent, type GuestAgent, type GuestAgentOptions } from '../../../src/guest/agent.ts';

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guest-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The reference agent on a private Unix socket, with no Docker and no containerd unless the options name some. */
export async function startAgent(
  options: Partial<GuestAgentOptions> = {},
): Promise<{ agent: GuestAgent; folder: string; path: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'agent.sock');
  const agent = await startGuestAgent({
    listen: [{ protocol: 'arcbox', transport: { kind: 'unix', path } }],
    dockerSocket: join(folder, 'docker.sock'),
    containerdSocket: join(folder, 'containerd.sock'),
    stateDir: join(folder, 'state'),
    allowClockSet: false,
    version: '1.2.3',
    logger: silentLogger,
    ...options,
  });
  onTestFinished(() => agent.close());
  return { agent, folder, path };
}

/** A client that knows frames and nothing else: it can say what no well-behaved client says. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: ArcboxFrame[] = [];
  readonly closed: Promise<void>;
  #wake = (): void => undefined;

  constructor(path: string) {
    this.socket = connect(path);
    const decoder = new ArcboxFrameDecoder();
    this.socket.on('data', (chunk) => {
      decodeChunk(decoder, chunk, (frame) => this.frames.push(frame));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        resolve();
        this.#wake();
      });
    });
    this.socket.on('error', () => undefined);
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** Sends bytes as they are. */
  send(bytes: Uint8Array | string): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes);
  }

  /** Waits until `count` frames have come since the connection was opened, or it was closed. */
  async receive(count: number): Promise<readonly ArcboxFrame[]> {
    while (this.frames.length < count && !this.socket.closed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.frames;
  }
}
