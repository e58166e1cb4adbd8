import type { ContainerReport, PortChange } from '../../agent/facts.ts';
import type { Logger } from '../../base/logger.ts';

/** Changes of published ports that wait to be taken, each container's once. */
export interface PortSource {
  /** Takes what waits, or a bounded part of it. */
  drain(): readonly PortChange[];
}

/** Gathers changes that are told one by one, so that a storm of them costs one change a container. */
export class PortInbox implements PortSource {
  readonly #onPending: () => void;
  #snapshot: ReadonlyMap<string, ContainerReport> | undefined;
  #changed = new Map<string, ContainerReport | null>();
  /** The latest word on being current: `undefined` when there was none since the last time. */
  #verdict: Extract<PortChange, { readonly kind: 'stale' | 'current' }> | undefined;

  /** `onPending` is called when something waits that did not before. */
  constructor(onPending: () => void) {
    this.#onPending = onPending;
  }

  take(change: PortChange): void {
    const isFirst = this.#snapshot === undefined && this.#changed.size === 0 && this.#verdict === undefined;
    switch (change.kind) {
      case 'snapshot':
        this.#snapshot = change.containers;
        this.#changed = new Map();
        this.#verdict = undefined;
        break;
      case 'changed':
        this.#changed.set(change.containerId, change.report);
        break;
      case 'stale':
      case 'current':
        this.#verdict = change;
        break;
    }
    if (isFirst) this.#onPending();
  }

  drain(): readonly PortChange[] {
    const changes: PortChange[] = [];
    if (this.#snapshot !== undefined) changes.push({ kind: 'snapshot', containers: this.#snapshot });
    for (const [containerId, report] of this.#changed) changes.push({ kind: 'changed', containerId, report });
    if (this.#verdict !== undefined) changes.push(this.#verdict);
    this.#snapshot = undefined;
    this.#changed = new Map();
    this.#verdict = undefined;
    return changes;
  }
}

/** Follows the published ports of the Docker engine at `socketPath` into `inbox` until the signal aborts. */
export async function followDockerPorts(
  socketPath: string,
  inbox: PortInbox,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  // Most sandboxes tell their ports themselves, so the engine's client is loaded when one does not.
  const [{ createDockerEngine }, { watchPorts }] = await Promise.all([
    import('../../docker/engine.ts'),
    import('../../docker/port-watcher.ts'),
  ]);
  if (signal.aborted) return;
  await watchPorts(createDockerEngine(socketPath), {
    signal,
    logger,
    onChange: (change) => {
      inbox.take(change);
    },
  });
}
