import { createServer, type Server, type Socket } from 'node:net';
import { MicrosandboxAgent } from '../../src/guest/microsandbox/agent.ts';
import { MicrosandboxRelay } from '../../src/guest/microsandbox/relay.ts';

/** The reference agent behind its relay, in this process, until it is killed. */
export class RelayServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    const ready = { boot_time_ns: 11n, init_time_ns: 22n, ready_time_ns: 33n, agent_version: '1.2.3' };
    const relay = new MicrosandboxRelay(new MicrosandboxAgent({ ready, log: () => undefined }));
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      relay.accept(socket);
    });
  }

  static async start(path: string): Promise<RelayServer> {
    const relay = new RelayServer();
    await new Promise<void>((resolve) => relay.#server.listen(path, resolve));
    return relay;
  }

  /** Ends as a killed program does: every connection, and nobody listens any more. */
  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}
