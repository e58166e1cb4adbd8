import type { Server, Socket } from 'node:net';
import { afterEach } from 'vitest';

const open: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/** Listens until the test is over; returns the port, 0 for a path. */
export async function listenForTest(
  server: Server,
  target: { path: string } | { port: number },
): Promise<number> {
  const sockets = new Set<Socket>();
  open.push({ server, sockets });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', ...target }, resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
