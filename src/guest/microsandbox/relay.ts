import type { Duplex } from 'node:stream';
import type { MicrosandboxAgent } from './agent.ts';
import { serveMicrosandboxConnection } from './connection.ts';
import { Outlet } from './outlet.ts';

/** Clients that a relay serves at once. */
export const relayMaxClients = 128;

/** Ids of one client: the 32-bit space shared out evenly, the last id of each share unused. */
const idsPerClient = Math.floor(0xffff_ffff / relayMaxClients);

/**
 * The host's end of microsandbox as the reference agent offers it: up to 128 clients, each with its own range of
 * correlation ids. A further client is closed without a byte; an id outside the client's range, id 0 included, closes
 * that client. So a shared-memory offer (id 0, `MSBS`) is declined, and its sender reconnects without one.
 */
export class MicrosandboxRelay {
  readonly #agent: MicrosandboxAgent;
  readonly #clients: (Duplex | undefined)[] = Array.from({ length: relayMaxClients });

  constructor(agent: MicrosandboxAgent) {
    this.#agent = agent;
  }

  /** Serves a client until it leaves. */
  accept(stream: Duplex): void {
    const slot = this.#clients.indexOf(undefined);
    if (slot === -1) {
      stream.on('error', () => undefined);
      stream.resume();
      stream.end();
      return;
    }
    this.#clients[slot] = stream;
    const conversation = this.#agent.converse('client', new Outlet(stream));
    const idStart = slot * idsPerClient + 1;
    const idEndExclusive = slot * idsPerClient + idsPerClient;
    const range = Buffer.alloc(8);
    range.writeUInt32BE(idStart, 0);
    range.writeUInt32BE(idEndExclusive, 4);
    stream.write(Buffer.concat([range, this.#agent.readyFrame]));
    serveMicrosandboxConnection(stream, {
      onFrame: (frame) =>
        frame.id < idStart || frame.id >= idEndExclusive ? 'close' : conversation.handle(frame),
      onGone: () => {
        this.#clients[slot] = undefined;
        void conversation.release();
      },
    });
  }

  /** Ends every connection. */
  close(): void {
    for (const client of this.#clients) client?.destroy();
  }
}
