import type { PortChange } from '../../agent/facts.ts';
import type { Logger } from '../../base/logger.ts';

/**
 * Follows the published ports of the Docker engine at `socketPath` until the signal aborts, for sandboxes whose agent
 * does not tell them. The Docker client is loaded on first use: most of a process's life may pass without it.
 */
export async function followDockerPorts(
  socketPath: string,
  onChange: (change: PortChange) => void,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  const [{ createDockerEngine }, { watchPorts }] = await Promise.all([
    import('../../docker/engine.ts'),
    import('../../docker/port-watcher.ts'),
  ]);
  await watchPorts(createDockerEngine(socketPath), { signal, logger, onChange });
}
