import type { Socket } from 'node:net';
import * as l10n from '../../base/l10n.ts';
import { quoted } from '../../base/text.ts';
import { AgentError } from '../errors.ts';
import { opening, type OpenOptions } from './opening.ts';
import { explainSocketError, openSocket } from './socket.ts';

/** Longest answer line of a VMM, its end included, in bytes. */
const maxLineBytes = 64;

/**
 * Opens a vsock port of a guest through the Unix socket of its VMM (Firecracker, Cloud Hypervisor): one `CONNECT port`
 * line out, one `OK ...` line back, then the port's own bytes.
 *
 * @throws AgentError `unreachable` when nothing listens on the port, `handshake_failed` when the answer is not `OK`, and
 * those of a socket.
 */
export async function openHybridVsock(
  { path, port }: { readonly path: string; readonly port: number },
  options: OpenOptions,
): Promise<Socket> {
  const startedAt = performance.now();
  const socket = await openSocket({ path }, options);
  const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - startedAt));
  const answered = opening(
    socket,
    { ...options, timeoutMs },
    {
      watch: (opened, failed) => watchLine(socket, opened, failed),
      describeTimeout: () =>
        l10n.t(
          'The VMM did not answer CONNECT {0} within {1} ms. Check that the path is that of its vsock socket.',
          port,
          options.timeoutMs,
        ),
      explain: explainSocketError,
      explainEnd: () =>
        new AgentError(
          'unreachable',
          l10n.t(
            'The other side closed the connection: nothing listens on vsock port {0} of the guest, or this is not the vsock socket of a VMM. Start the agent there or correct the path.',
            port,
          ),
        ),
    },
  );
  socket.write(`CONNECT ${port}\n`);
  await answered;
  return socket;
}

/** Reads exactly one line, which must be `OK` and whatever; the bytes after it stay in the socket. */
function watchLine(socket: Socket, opened: () => void, failed: (error: AgentError) => void): () => void {
  let received: Buffer = Buffer.alloc(0);
  const read = (): Buffer | null => socket.read() as Buffer | null;
  const onReadable = (): void => {
    for (let chunk = read(); chunk !== null; chunk = read()) received = Buffer.concat([received, chunk]);
    const lineBytes = received.subarray(0, maxLineBytes).indexOf('\n') + 1;
    if (lineBytes === 0 && received.length < maxLineBytes) return;
    const line = received.toString('latin1', 0, lineBytes === 0 ? maxLineBytes : lineBytes).trim();
    if (lineBytes === 0 || !/^OK\b/.test(line)) {
      failed(
        new AgentError(
          'handshake_failed',
          l10n.t(
            'What answers is no VMM: it said {0} instead of OK. Name the vsock socket of the VMM.',
            quoted(line, maxLineBytes),
          ),
        ),
      );
      return;
    }
    const rest = received.subarray(lineBytes);
    if (rest.length > 0) socket.unshift(rest);
    opened();
  };
  socket.on('readable', onReadable);
  return () => {
    socket.off('readable', onReadable);
  };
}
