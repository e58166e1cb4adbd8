import type { Logger } from '../../base/logger.ts';
import type { PortChange } from '../../agent/session.ts';
import { createDockerEngine } from '../../docker/engine.ts';
import { watchPorts } from '../../docker/port-watcher.ts';

/**
 * Follows the published ports of the Docker engine at `socketPath` until the signal aborts, for sandboxes whose agent
 * does not tell them.
 */
export async function followDockerPorts(
  socketPath: string,
  onChange: (change: PortChange) => void,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  await watchPorts(createDockerEngine(socketPath), {
    signal,
    logger,
    onChange,
    onState: (state) => {
      onChange(state.kind === 'watching' ? { kind: 'current' } : { kind: 'stale', reason: state.reason });
    },
  });
}
