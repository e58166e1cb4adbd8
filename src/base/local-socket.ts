import { connect } from 'node:net';

/** What came of an attempt to connect to a local socket. */
export type ConnectOutcome =
  | { readonly kind: 'connected' }
  | { readonly kind: 'timed_out' }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException };

/** Connects to a Unix socket or named pipe and hangs up at once, to learn whether somebody listens. Never rejects. */
export function tryConnect(path: string, timeoutMs: number): Promise<ConnectOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: timeoutMs });
    const settle = (outcome: ConnectOutcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => {
      settle({ kind: 'connected' });
    });
    socket.once('timeout', () => {
      settle({ kind: 'timed_out' });
    });
    // Stays: a connection that fails after the outcome must not be thrown.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      settle({ kind: 'failed', error });
    });
  });
}
