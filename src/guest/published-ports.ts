import type { ContainerReport, PortChange } from '../agent/facts.ts';
import type { Logger } from '../base/logger.ts';
import type { DockerEngine } from '../docker/engine.ts';
import { watchPorts } from '../docker/port-watcher.ts';

/** The containers of this machine's engine and what they publish, for any number of subscribers. */
export interface EnginePorts {
  /**
   * Yields one snapshot, then changes until the signal aborts. A subscriber that is slow is told the latest of a
   * container and not each report before it, so what waits for it never exceeds one report a container. That what was
   * known is out of date is told of an engine that has been followed; one that never was has nothing that could be.
   */
  subscribe(signal: AbortSignal): AsyncIterable<PortChange>;
}

type Stale = Extract<PortChange, { readonly kind: 'stale' }>;

/** What waits for one subscriber. */
interface Waiting {
  readonly reports: Map<string, ContainerReport | null>;
  verdict: Stale | { readonly kind: 'current' } | undefined;
  readonly wake: () => void;
}

/** Follows an engine's containers until `signal` aborts. Without an engine there are none, until it comes up. */
export function followEnginePorts(engine: DockerEngine, signal: AbortSignal, logger: Logger): EnginePorts {
  const current = new Map<string, ContainerReport>();
  const subscribers = new Set<Waiting>();
  let hasSnapshot = false;
  let stale: Stale | undefined;
  const set = (containerId: string, report: ContainerReport | null): void => {
    if (report === null) current.delete(containerId);
    else current.set(containerId, report);
    for (const { reports, wake } of subscribers) {
      reports.set(containerId, report);
      wake();
    }
  };
  const judge = (verdict: Stale | { readonly kind: 'current' }): void => {
    const sinceMs = stale?.sinceMs ?? Date.now();
    stale = verdict.kind === 'stale' ? { ...verdict, sinceMs } : undefined;
    for (const subscriber of subscribers) {
      subscriber.verdict = stale ?? { kind: 'current' };
      subscriber.wake();
    }
  };
  const take = (change: PortChange): void => {
    if (change.kind === 'changed') {
      set(change.containerId, change.report);
    } else if (change.kind === 'snapshot') {
      hasSnapshot = true;
      for (const [id, report] of change.containers) set(id, report);
    } else if (hasSnapshot) {
      judge(change);
    }
  };
  // The first verdict, containers or no engine: a snapshot taken before it would be empty for no reason.
  const settled = new Promise<void>((resolve) => {
    void watchPorts(engine, {
      signal,
      logger,
      onChange: (change) => {
        take(change);
        resolve();
      },
    }).then(resolve);
  });

  async function* subscribe(subscriber: AbortSignal): AsyncGenerator<PortChange> {
    await settled;
    let wake = (): void => undefined;
    const onEnd = (): void => {
      wake();
    };
    const waiting: Waiting = { reports: new Map(), verdict: stale, wake: onEnd };
    subscribers.add(waiting);
    subscriber.addEventListener('abort', onEnd);
    signal.addEventListener('abort', onEnd);
    try {
      yield { kind: 'snapshot', containers: new Map(current) };
      while (!subscriber.aborted && !signal.aborted) {
        const [next] = waiting.reports;
        const { verdict } = waiting;
        if (next !== undefined) {
          const [containerId, report] = next;
          waiting.reports.delete(containerId);
          yield { kind: 'changed', containerId, report };
        } else if (verdict !== undefined) {
          // After the changes, because it is a verdict on them too.
          waiting.verdict = undefined;
          yield verdict;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      subscribers.delete(waiting);
      subscriber.removeEventListener('abort', onEnd);
      signal.removeEventListener('abort', onEnd);
    }
  }
  return { subscribe };
}
