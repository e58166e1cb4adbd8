import type { PortBinding } from '../agent/generated/arcbox/v1/common.ts';
import type { Logger } from '../base/logger.ts';
import type { DockerEngine } from '../docker/engine.ts';
import { watchPorts } from '../docker/port-watcher.ts';

/** What a subscriber hears. */
export type PortUpdate =
  /** The current list of one container; empty when it publishes nothing any more. */
  | { readonly kind: 'changed'; readonly containerId: string; readonly bindings: readonly PortBinding[] }
  /** Everything that was published when the subscription began has been told. */
  | { readonly kind: 'snapshotComplete' };

/** The published ports of this machine, for any number of subscribers. */
export interface PublishedPorts {
  /**
   * Yields the snapshot, then changes until the signal aborts. A subscriber that is slow is told the latest list of a
   * container and not each one before it, so what waits for it never exceeds one list a container.
   */
  subscribe(signal: AbortSignal): AsyncIterable<PortUpdate>;
}

/** Follows an engine's ports until `signal` aborts. Without an engine there are none, until it comes up. */
export function followPublishedPorts(
  engine: DockerEngine,
  signal: AbortSignal,
  logger: Logger,
): PublishedPorts {
  const current = new Map<string, readonly PortBinding[]>();
  const listeners = new Set<(containerId: string, bindings: readonly PortBinding[]) => void>();
  const set = (containerId: string, bindings: readonly PortBinding[]): void => {
    if (bindings.length === 0) current.delete(containerId);
    else current.set(containerId, bindings);
    for (const listener of listeners) listener(containerId, bindings);
  };
  // The first verdict, ports or no engine: a snapshot taken before it would be empty for no reason.
  const settled = new Promise<void>((resolve) => {
    void watchPorts(engine, {
      signal,
      logger,
      onChange: (change) => {
        if (change.kind === 'changed') set(change.containerId, change.bindings);
        else for (const [id, bindings] of change.containers) set(id, bindings);
      },
      onState: () => {
        resolve();
      },
    }).then(resolve);
  });

  async function* subscribe(subscriber: AbortSignal): AsyncGenerator<PortUpdate> {
    await settled;
    const waiting = new Map<string, readonly PortBinding[]>();
    let wake = (): void => undefined;
    const listener = (containerId: string, bindings: readonly PortBinding[]): void => {
      waiting.set(containerId, bindings);
      wake();
    };
    const ended = AbortSignal.any([subscriber, signal]);
    const onEnd = (): void => {
      wake();
    };
    listeners.add(listener);
    ended.addEventListener('abort', onEnd);
    try {
      for (const [containerId, bindings] of [...current]) yield { kind: 'changed', containerId, bindings };
      yield { kind: 'snapshotComplete' };
      while (!ended.aborted) {
        const [next] = waiting;
        if (next === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
        } else {
          const [containerId, bindings] = next;
          waiting.delete(containerId);
          yield { kind: 'changed', containerId, bindings };
        }
      }
    } finally {
      listeners.delete(listener);
      ended.removeEventListener('abort', onEnd);
    }
  }
  return { subscribe };
}
