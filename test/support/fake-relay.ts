import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MicrosandboxFrameDecoder } from '../../src/agent/microsandbox/frame.ts';

/** One step of what a {@link FakeRelay} does on a connection. */
export type RelayStep =
  | { readonly hex: string }
  | { readonly repeat: { readonly hex: string; readonly count: number } }
  | { readonly drip: { readonly hex: string; readonly every_ms: number } }
  | { readonly wait_ms: number }
  /** Goes on when this many frames have arrived. */
  | { readonly await_calls: number }
  | { readonly end: true };

/** Imitates a relay that misbehaves, which no real one can be made to do: it plays fixed bytes. */
export class FakeRelay {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #stop = new AbortController();
  readonly #sockets = new Set<Socket>();

  private constructor(folder: string, steps: readonly RelayStep[]) {
    this.#folder = folder;
    this.path = join(folder, 's');
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      this.#play(socket, steps).catch(() => socket.destroy());
    });
  }

  static async start(steps: readonly RelayStep[]): Promise<FakeRelay> {
    const relay = new FakeRelay(await mkdtemp(join(tmpdir(), 'relay-')), steps);
    await new Promise<void>((resolve) => relay.#server.listen(relay.path, resolve));
    return relay;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true });
  }

  async #play(socket: Socket, steps: readonly RelayStep[]): Promise<void> {
    const { signal } = this.#stop;
    const received = new MicrosandboxFrameDecoder();
    let calls = 0;
    let onCall = (): void => undefined;
    socket.on('data', (chunk) => {
      received.push(chunk);
      while (received.next() !== undefined) calls++;
      onCall();
    });
    for (const step of steps) {
      if ('hex' in step) socket.write(Buffer.from(step.hex, 'hex'));
      else if ('repeat' in step) socket.write(Buffer.from(step.repeat.hex.repeat(step.repeat.count), 'hex'));
      else if ('wait_ms' in step) await sleep(step.wait_ms, undefined, { signal });
      else if ('end' in step) socket.end();
      else if ('drip' in step) {
        for (const byte of Buffer.from(step.drip.hex, 'hex')) {
          socket.write(Buffer.of(byte));
          await sleep(step.drip.every_ms, undefined, { signal });
        }
      } else {
        await new Promise<void>((resolve) => {
          onCall = () => {
            if (calls >= step.await_calls) resolve();
          };
          onCall();
        });
      }
    }
  }
}
