import { connect, createServer, type Server } from 'node:net';

/**
 * Imitates the vsock multiplexer that Firecracker puts on a Unix socket, with one guest port that leads to the socket
 * `guestPath`: `CONNECT port`, then `OK` and the host's port number, or a closed connection when nothing listens.
 */
export function hybridVsockServer(guestPort: number, guestPath: string): Server {
  return createServer((host) => {
    host.on('error', () => undefined);
    host.once('readable', () => {
      const line = String(host.read());
      if (line !== `CONNECT ${guestPort}\n`) {
        host.destroy();
        return;
      }
      const guest = connect(guestPath, () => {
        host.write('OK 1073741824\n');
        host.pipe(guest).pipe(host);
      });
      guest.on('error', () => host.destroy());
      guest.on('close', () => host.destroy());
      host.on('close', () => guest.destroy());
    });
  });
}
