import type { Duplex } from 'node:stream';
import { MicrosandboxEncoder } from '../../agent/microsandbox/encoder.ts';
import { decodeMicrosandboxEnvelope } from '../../agent/microsandbox/envelope.ts';
import type { MicrosandboxFrame } from '../../agent/microsandbox/frame.ts';
import { microsandboxGeneration, microsandboxMessage } from '../../agent/microsandbox/messages.ts';
import type { MicrosandboxAgent } from './agent.ts';
import { serveMicrosandboxConnection } from './connection.ts';
import { Outlet } from './outlet.ts';

/** How long a host may take to acknowledge `core.init.resolved`, as with the real agent. */
const ackTimeoutMs = 60_000;

const { initResolved, initAck, bootstrap } = microsandboxMessage;

/**
 * Serves the agent's own channel on a stream whose other end is the host: `core.init.resolved`, then, once acknowledged,
 * `core.ready` and everything else. Messages before the acknowledgement are dropped, except a bootstrap.
 */
export function serveMicrosandboxDirect(stream: Duplex, agent: MicrosandboxAgent): void {
  const conversation = agent.converse('host', new Outlet(stream));
  const encoder = new MicrosandboxEncoder('guest', microsandboxGeneration);
  let isAcknowledged = false;
  const ackTimer = setTimeout(() => stream.destroy(), ackTimeoutMs);
  const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  stream.write(encoder.encode(initResolved, 0, { default_user: user }));
  serveMicrosandboxConnection(stream, {
    onFrame: (frame) => {
      if (isAcknowledged) return conversation.handle(frame);
      const type = typeOf(frame);
      if (type === bootstrap.name) return conversation.handle(frame);
      if (type !== initAck.name) return [];
      isAcknowledged = true;
      clearTimeout(ackTimer);
      return [agent.readyFrame];
    },
    onGone: () => {
      clearTimeout(ackTimer);
      void conversation.release();
    },
  });
}

/** Throws, and so ends the connection, when the body is no envelope. */
function typeOf({ body }: MicrosandboxFrame): string {
  return decodeMicrosandboxEnvelope(body).t;
}
