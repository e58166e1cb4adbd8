import type { Duplex } from 'node:stream';
import { MicrosandboxFrameDecoder, type MicrosandboxFrame } from '../../agent/microsandbox/frame.ts';

/** Unsent bytes at which a peer that does not read is given up. */
const maxUnsentBytes = 8 * 1024 * 1024;

/** What is done with a connection's frames. */
export interface MicrosandboxConnectionHandlers {
  /** Returns the replies to one frame, or `close` to end the connection. */
  readonly onFrame: (
    frame: MicrosandboxFrame,
  ) => readonly Buffer[] | 'close' | Promise<readonly Buffer[] | 'close'>;
  /** Called once, however the connection ends. */
  readonly onGone: () => void;
}

/**
 * Serves one connection: frames are handled strictly in order, the next one only when the replies to the one before are
 * written. Damaged framing, a peer that does not read, and a failing handler end the connection.
 */
export function serveMicrosandboxConnection(
  stream: Duplex,
  { onFrame, onGone }: MicrosandboxConnectionHandlers,
): void {
  const decoder = new MicrosandboxFrameDecoder();
  const close = (): void => {
    stream.destroy();
  };
  const reply = (replies: readonly Buffer[] | 'close'): void => {
    if (replies === 'close') close();
    else for (const frame of replies) stream.write(frame);
    if (stream.writableLength > maxUnsentBytes) close();
  };
  const drain = (): void => {
    stream.cork();
    try {
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        if (stream.destroyed) return;
        const replies = onFrame(frame);
        if (replies instanceof Promise) {
          stream.pause();
          replies.then((late) => {
            reply(late);
            stream.resume();
            drain();
          }, close);
          return;
        }
        reply(replies);
      }
    } catch {
      // The position in the stream is lost, and there is nothing a relay could answer: it closes.
      close();
    } finally {
      stream.uncork();
    }
  };
  stream.on('data', (chunk: Buffer) => {
    decoder.push(chunk);
    drain();
  });
  stream.on('error', close);
  stream.on('end', close);
  stream.once('close', onGone);
}
