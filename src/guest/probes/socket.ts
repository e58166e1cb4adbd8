import { tryConnect } from '../../base/local-socket.ts';

/** Whether something listens on a local socket, or why it cannot be told. */
export type SocketState =
  | { readonly kind: 'reachable' }
  | { readonly kind: 'missing' }
  /** There is an entry, but a connection fails; `reason` is a few words. */
  | { readonly kind: 'not_connectable'; readonly reason: string };

/** How long a connection to a local socket may take, in milliseconds; the same as ArcBox's agent allows. */
export const socketProbeTimeoutMs = 300;

/** Connects to a Unix socket or named pipe and hangs up at once. Never rejects. */
export async function probeSocket(path: string): Promise<SocketState> {
  const outcome = await tryConnect(path, socketProbeTimeoutMs);
  switch (outcome.kind) {
    case 'connected':
      return { kind: 'reachable' };
    case 'timed_out':
      return { kind: 'not_connectable', reason: `no answer within ${socketProbeTimeoutMs} ms` };
    case 'failed':
      return outcome.error.code === 'ENOENT'
        ? { kind: 'missing' }
        : { kind: 'not_connectable', reason: words(outcome.error) };
  }
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
