import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Protocol } from '../../../src/agent/endpoint.ts';
import { startAgent, temporaryFolder } from './support.ts';

const protocols: readonly Protocol[] = [
  'arcbox',
  'arcbox-ttrpc',
  'arcbox-grpc',
  'microsandbox',
  'microsandbox-direct',
];

/** A client that says `bytes`, and then neither reads nor leaves. */
function stuckClient(path: string, bytes: Uint8Array): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true }, () => {
      socket.pause();
      socket.write(bytes, () => {
        resolve(socket);
      });
    });
    socket.on('error', () => undefined);
  });
}

test.each(protocols)('an agent of %s closes whatever its clients do', async (protocol) => {
  const path = join(await temporaryFolder(), 'agent.sock');
  const { agent } = await startAgent({ listen: [{ protocol, transport: { kind: 'unix', path } }] });
  const clients = await Promise.all(
    ['', '00', '505249202a', '0000000000', 'ffff'].map((hex) => stuckClient(path, Buffer.from(hex, 'hex'))),
  );
  await agent.close();
  // Reading again, they learn that they were left.
  for (const client of clients) {
    client.resume();
    client.end();
  }
  await vi.waitUntil(() => clients.every((client) => client.closed));
  expect(agent.listening).toHaveLength(1);
});
