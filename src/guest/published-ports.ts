import type { ContainerReport, PortChange } from '../agent/facts.ts';
import type { Logger } from '../base/logger.ts';
import type { DockerEngine } from '../docker/engine.ts';
import { watchPorts } from '../docker/port-watcher.ts';

/** What a subscriber hears: the wires have no word for an engine that is down. */
export type PortUpdate = Extract<PortChange, { readonly kind: 'snapshot' | 'changed' }>;

/** What this machine's engine publishes, for any number of subscribers. */
export interface EnginePorts {
  /**
   * Yields one snapshot, then changes until the signal aborts. A subscriber that is slow is told the latest of a
   * container and not each report before it, so what waits for it never exceeds one report a container.
   */
  subscribe(signal: AbortSignal): AsyncIterable<PortUpdate>;
}

/** Follows an engine's ports until `signal` aborts. Without an engine there are none, until it comes up. */
export function followEnginePorts(engine: DockerEngine, signal: AbortSignal, logger: Logger): EnginePorts {
  const current = new Map<string, ContainerReport>();
  const listeners = new Set<(containerId: string, report: ContainerReport | null) => void>();
  const set = (containerId: string, report: ContainerReport | null): void => {
    if (report === null) current.delete(containerId);
    else current.set(containerId, report);
    for (const listener of listeners) listener(containerId, report);
  };
  // The first verdict, ports or no engine: a snapshot taken before it would be empty for no reason.
  const settled = new Promise<void>((resolve) => {
    void watchPorts(engine, {
      signal,
      logger,
      onChange: (change) => {
        if (change.kind === 'changed') set(change.containerId, change.report);
        else if (change.kind === 'snapshot') for (const [id, report] of change.containers) set(id, report);
        resolve();
      },
    }).then(resolve);
  });

  async function* subscribe(subscriber: AbortSignal): AsyncGenerator<PortUpdate> {
    await settled;
    const waiting = new Map<string, ContainerReport | null>();
    let wake = (): void => undefined;
    const onEnd = (): void => {
      wake();
    };
    const listener = (containerId: string, report: ContainerReport | null): void => {
      waiting.set(containerId, report);
      wake();
    };
    listeners.add(listener);
    subscriber.addEventListener('abort', onEnd);
    signal.addEventListener('abort', onEnd);
    try {
      yield { kind: 'snapshot', containers: new Map(current) };
      while (!subscriber.aborted && !signal.aborted) {
        const [next] = waiting;
        if (next === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
        } else {
          const [containerId, report] = next;
          waiting.delete(containerId);
          yield { kind: 'changed', containerId, report };
        }
      }
    } finally {
      listeners.delete(listener);
      subscriber.removeEventListener('abort', onEnd);
      signal.removeEventListener('abort', onEnd);
    }
  }
  return { subscribe };
}
