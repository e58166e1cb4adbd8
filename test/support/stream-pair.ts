import { duplexPair, type Duplex, type DuplexOptions } from 'node:stream';

/**
 * Two streams joined crosswise, of which the loss of one ends the other, as with sockets. Node's own pair does so from
 * version 24 on; before, the far side of a destroyed stream hears nothing.
 */
export function streamPair(options?: DuplexOptions): [Duplex, Duplex] {
  const pair = duplexPair(options);
  const [near, far] = pair;
  const pass = (from: Duplex, to: Duplex): void => {
    from.once('close', () => {
      if (!to.readableEnded && !to.destroyed) to.push(null);
    });
  };
  pass(near, far);
  pass(far, near);
  return pair;
}
