import { containerMessage, verdictMessage } from '../agent/arcbox/container-message.ts';
import type { ContainerReport } from '../agent/facts.ts';
import type { PortBindingsRemoved } from '../agent/generated/arcbox/v1/agent.ts';
import type { ContainerChanged } from '../agent/generated/sandlight/v1/notifications.ts';
import type { EnginePorts } from './published-ports.ts';

/** What a client that follows ports asked for. */
export interface PortWishes {
  /** Containers that publish nothing too, and the state of the engine. */
  readonly reportContainers: boolean;
}

/** One notification, whatever the wire. */
export type ContainerNotification =
  | { readonly kind: 'changed'; readonly message: ContainerChanged }
  | { readonly kind: 'removed'; readonly message: PortBindingsRemoved }
  | { readonly kind: 'snapshot_complete' };

/** What one client is told until `signal` aborts: a snapshot, its end, then each change. */
export async function* containerNotifications(
  ports: EnginePorts,
  { reportContainers }: PortWishes,
  signal: AbortSignal,
): AsyncGenerator<ContainerNotification> {
  /** Containers that the client has been told of. */
  const told = new Set<string>();
  const notificationOf = (
    containerId: string,
    report: ContainerReport | null,
  ): ContainerNotification | undefined => {
    if (report !== null && (reportContainers || report.bindings.length > 0)) {
      told.add(containerId);
      return { kind: 'changed', message: containerMessage(containerId, report) };
    }
    return told.delete(containerId) ? { kind: 'removed', message: { containerId } } : undefined;
  };
  for await (const update of ports.subscribe(signal)) {
    if (update.kind === 'snapshot') {
      for (const [containerId, report] of update.containers) {
        const notification = notificationOf(containerId, report);
        if (notification !== undefined) yield notification;
      }
      yield { kind: 'snapshot_complete' };
    } else if (update.kind === 'changed') {
      const notification = notificationOf(update.containerId, update.report);
      if (notification !== undefined) yield notification;
    } else if (reportContainers) {
      yield { kind: 'changed', message: verdictMessage(update, Date.now()) };
    }
  }
}
