import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '../../agent/endpoint.ts';
import type { MicrosandboxEncoder } from '../../agent/microsandbox/encoder.ts';
import { microsandboxMessage as message } from '../../agent/microsandbox/messages.ts';
import { InputQueue } from './input-queue.ts';
import type { Outlet } from './outlet.ts';

/** Tunnels that one client may have at once. */
export const maxTunnelsPerClient = 256;

/** How long a connection to a port may take to be made. */
const connectTimeoutMs = 30_000;

interface Tunnel {
  readonly socket: Socket;
  readonly input: InputQueue;
}

/** The tunnels of one client to this machine's own TCP ports: `core.tcp`. */
export class Tunnels {
  readonly #encoder: MicrosandboxEncoder<'guest'>;
  readonly #outlet: Outlet;
  readonly #isAllowed: boolean;
  readonly #tunnels = new Map<number, Tunnel>();

  constructor(encoder: MicrosandboxEncoder<'guest'>, outlet: Outlet, isAllowed: boolean) {
    this.#encoder = encoder;
    this.#outlet = outlet;
    this.#isAllowed = isAllowed;
  }

  has(id: number): boolean {
    return this.#tunnels.has(id);
  }

  /** Connects under the id, which must be free. Returns what refuses it, else nothing. */
  connect(id: number, host: string, port: number): readonly Buffer[] {
    if (!this.#isAllowed) return [this.#failed(id, 'The agent was started without --allow-forward.')];
    if (!isOwnHost(host)) return [this.#failed(id, 'The agent forwards only to its own machine.')];
    if (port === 0) return [this.#failed(id, 'There is no port 0.')];
    if (this.#tunnels.size >= maxTunnelsPerClient)
      return [this.#failed(id, `${maxTunnelsPerClient} connections are open already.`)];
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.#tunnels.set(id, { socket, input: new InputQueue(socket) });
    void this.#run(id, socket);
    return [];
  }

  /** Bytes for the port; as the input of a program, but what finds no room ends the tunnel, which must not lose any. */
  async data(
    id: number,
    data: Uint8Array,
    hold: (barrier: Promise<void>) => void,
  ): Promise<readonly Buffer[]> {
    const tunnel = this.#tunnels.get(id);
    if (tunnel === undefined) return [this.#failed(id, `unknown TCP session: ${id}`)];
    const { socket, input } = tunnel;
    if (!input.write(data)) {
      if (socket.writable) socket.destroy(new Error('The port does not take what is sent to it.'));
      return [];
    }
    const barrier = input.barrier();
    if (barrier !== undefined) hold(barrier);
    await input.hold();
    return [];
  }

  /** The client has no more to say. */
  end(id: number): void {
    this.#tunnels.get(id)?.input.end();
  }

  /** Ends the tunnels whose ids `isMeant` chooses, without a word. */
  release(isMeant: (id: number) => boolean): void {
    for (const [id, { socket }] of this.#tunnels) {
      if (!isMeant(id)) continue;
      this.#tunnels.delete(id);
      socket.destroy();
    }
  }

  async #run(id: number, socket: Socket): Promise<void> {
    let failure: Error | undefined;
    socket.on('error', (error) => (failure = error));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const timer = setTimeout(
      () => socket.destroy(new Error('The connection was not made in time.')),
      connectTimeoutMs,
    );
    const isConnected = await Promise.race([
      new Promise<true>((resolve) => {
        socket.once('connect', () => {
          resolve(true);
        });
      }),
      closed.then(() => false),
    ]);
    clearTimeout(timer);
    if (isConnected) {
      await this.#outlet.send(this.#encoder.encode(message.tcpConnected, id, {}));
      await this.#relay(id, socket);
      await closed;
    }
    if (!this.#tunnels.delete(id)) return;
    await this.#outlet.send(
      failure === undefined
        ? this.#encoder.encode(message.tcpClosed, id, {})
        : this.#failed(id, failure.message),
    );
  }

  async #relay(id: number, socket: Socket): Promise<void> {
    try {
      // Its end must leave the other direction open.
      for await (const data of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (!(await this.#outlet.send(this.#encoder.encode(message.tcpData, id, { data })))) return;
      }
      if (this.#tunnels.has(id)) await this.#outlet.send(this.#encoder.encode(message.tcpEof, id, {}));
    } catch {
      // The socket's own error tells.
    }
  }

  #failed(id: number, error: string): Buffer {
    return this.#encoder.encode(message.tcpFailed, id, { error });
  }
}

/** Whether a host is this machine: a loopback address or one of its interfaces'. Names but `localhost` are none. */
function isOwnHost(host: string): boolean {
  if (isLoopbackHost(host)) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === host),
  );
}
