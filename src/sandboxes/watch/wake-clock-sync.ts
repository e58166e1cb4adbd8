import { AgentError } from '../../agent/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { clockToleranceMs } from '../model/clock-tolerance.ts';
import type { Disposable } from '../../base/emitter.ts';
import { plain } from '../../base/text.ts';
import type { SandboxRegistry } from './sandbox-registry.ts';
import type { SandboxSnapshot } from '../model/snapshot.ts';

const timeoutMs = 10_000;

/**
 * Sets the clocks of sandboxes that this machine's sleep has left behind, whenever `isWanted` says so. A clock that is
 * ahead is left alone: stepping back is for a person to decide.
 */
export function syncClocksOnWake(
  registry: SandboxRegistry,
  isWanted: () => boolean,
  logger: Logger,
): Disposable {
  return registry.onDidWake((sandboxId) => {
    const monitor = registry.monitor(sandboxId);
    if (monitor === undefined || !isWanted() || !mayBeBehind(monitor.snapshot)) return;
    const { name } = monitor.snapshot;
    monitor.syncClock({ timeoutMs }).then(
      () => {
        logger.info(plain`${name}: this machine slept; the clock was set.`);
      },
      (error: unknown) => {
        const { message } = AgentError.from(error, 'connection_closed');
        logger.warn(plain`${name}: this machine slept, and the clock could not be set. ${message}`);
      },
    );
  });
}

/**
 * True also when the agent does not report its clock: one that was paused can only be behind. A guest whose clock is left
 * to itself on purpose is left alone.
 */
function mayBeBehind({ capabilities, clockOffsetMs, discovered }: SandboxSnapshot): boolean {
  return (
    capabilities.has('sync_clock') &&
    discovered?.isClockFree !== true &&
    (clockOffsetMs === null || clockOffsetMs.value < -clockToleranceMs)
  );
}
