import { connect } from 'node:net';

/** Whether something listens on a local socket, or why it cannot be told. */
export type SocketState =
  | { readonly kind: 'reachable' }
  | { readonly kind: 'missing' }
  /** There is an entry, but a connection fails; `reason` is a few words. */
  | { readonly kind: 'not_connectable'; readonly reason: string };

/** How long a connection to a local socket may take, in milliseconds; the same as ArcBox's agent allows. */
export const socketProbeTimeoutMs = 300;

/** Connects to a Unix socket or named pipe and hangs up at once. Never rejects. */
export function probeSocket(path: string): Promise<SocketState> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: socketProbeTimeoutMs });
    const done = (state: SocketState): void => {
      socket.removeAllListeners();
      // A connection that fails after the verdict must not be thrown.
      socket.on('error', () => undefined);
      socket.destroy();
      resolve(state);
    };
    socket.once('connect', () => {
      done({ kind: 'reachable' });
    });
    socket.once('timeout', () => {
      done({ kind: 'not_connectable', reason: `no answer within ${socketProbeTimeoutMs} ms` });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      done(error.code === 'ENOENT' ? { kind: 'missing' } : { kind: 'not_connectable', reason: words(error) });
    });
  });
}

function words(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'EACCES':
      return 'permission denied';
    case 'ENOTSOCK':
      return 'not a socket';
    default:
      return error.code ?? error.message;
  }
}
