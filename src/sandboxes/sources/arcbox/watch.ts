import { backoffMs } from '../../../base/backoff.ts';
import type { Logger } from '../../../base/logger.ts';
import { waitForPath } from '../../../base/path-watch.ts';
import { plain } from '../../../base/text.ts';
import type { Findings } from '../findings.ts';
import { findArcboxSockets, type ArcboxSockets } from './sockets.ts';

/** A connection that lasted this long failed for a reason of its own: the waits begin anew. */
const steadyMs = 10_000;

/** What is needed to follow a daemon. */
export interface WatchArcboxOptions {
  /** Where it may listen, the likeliest first. */
  readonly candidates: readonly [ArcboxSockets, ...ArcboxSockets[]];
  /**
   * Called with every machine, whenever the daemon's setup moves on and now and then. The last list stays when the daemon
   * goes away.
   */
  readonly onChange: (found: Findings) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Follows an ArcBox daemon until the signal aborts: waits for its socket to appear, lists its machines whenever its
 * setup changes, and starts over when it goes away. A machine without a daemon costs a watched folder.
 */
export async function watchArcbox({
  candidates,
  onChange,
  signal,
  logger,
}: WatchArcboxOptions): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const sockets = await findArcboxSockets(candidates);
    if (sockets !== undefined) {
      const sinceMs = Date.now();
      // Where no daemon runs, and that is nearly everywhere, what speaks to one is not loaded.
      const { followDaemon } = await import('./daemon.ts');
      const reason = await followDaemon(sockets, signal, logger, onChange);
      logger.debug(plain`ArcBox daemon: ${reason.message}`);
      if (Date.now() - sinceMs > steadyMs) attempt = 0;
    }
    await waitForPath((sockets ?? candidates[0]).grpc, backoffMs(attempt, Math.random()), signal);
  }
}
