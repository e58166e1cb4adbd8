import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import { PortBindingsChanged, PortBindingsRemoved } from '../generated/arcbox/v1/agent.ts';
import type { PortBinding } from '../generated/arcbox/v1/common.ts';
import { NotificationServiceClientImpl, type PortEvent } from '../generated/sandlight/v1/notifications.ts';
import { rpcOver, type CallOptions, type RpcChannel } from '../rpc/channel.ts';
import type { PortNotification } from './framed-channel.ts';
import { startCall } from '../rpc/pending-call.ts';
import { arcboxType } from './messages.ts';
import { checkPayload } from '../wire/protobuf.ts';
import type { PortChange } from '../session.ts';

type Listener = (change: PortChange) => void;

/**
 * Collects what precedes the end of the snapshot and then passes changes on. Changes that come without a subscription
 * are passed on too: an agent may push on its own account.
 */
export class PortFeed {
  #listener: Listener | undefined;
  /** Collects until the snapshot is complete, then `undefined`. */
  #snapshot: Map<string, readonly PortBinding[]> | undefined;
  /** Damage seen while collecting, told after the snapshot. */
  #damage: AgentError | undefined;

  /** Begins a subscription: everything until {@link completeSnapshot} makes up the snapshot. */
  begin(listener: Listener): void {
    this.#listener = listener;
    this.#snapshot = new Map();
    this.#damage = undefined;
  }

  completeSnapshot(): void {
    const containers = this.#snapshot;
    this.#snapshot = undefined;
    if (containers !== undefined) this.#listener?.({ kind: 'snapshot', containers });
    if (this.#damage !== undefined) this.#listener?.({ kind: 'stale', reason: this.#damage });
  }

  /** Gives the subscription up; what came all the same is passed on as changes. */
  abandonSnapshot(): void {
    const unasked = this.#snapshot ?? [];
    this.#snapshot = undefined;
    for (const [containerId, bindings] of unasked) this.change(containerId, bindings);
    if (this.#damage !== undefined) this.markStale(this.#damage);
  }

  /** Takes the current list of one container; an empty one removes it. */
  change(containerId: string, bindings: readonly PortBinding[]): void {
    if (this.#snapshot === undefined) this.#listener?.({ kind: 'changed', containerId, bindings });
    else if (bindings.length === 0) this.#snapshot.delete(containerId);
    else this.#snapshot.set(containerId, bindings);
  }

  /** Tells that a notification was lost. */
  markStale(reason: AgentError): void {
    if (this.#snapshot === undefined) this.#listener?.({ kind: 'stale', reason });
    else this.#damage = reason;
  }

  /** Takes one frame's notification; a malformed one is dropped and marks the list stale. */
  takeNotification({ type, payload }: PortNotification): void {
    try {
      if (type === arcboxType.portBindingsChanged) {
        checkPayload('arcbox.v1.PortBindingsChanged', payload);
        const { containerId, bindings } = PortBindingsChanged.decode(payload);
        this.change(containerId, bindings);
      } else {
        checkPayload('arcbox.v1.PortBindingsRemoved', payload);
        this.change(PortBindingsRemoved.decode(payload).containerId, []);
      }
    } catch (error) {
      this.markStale(AgentError.from(error, 'malformed_payload'));
    }
  }
}

/**
 * Follows `sandlight.v1.NotificationService/WatchPorts` into `feed`. Resolves when the snapshot is complete; changes
 * then follow until the channel closes. A stream that breaks later marks the list stale.
 *
 * @throws AgentError `unsupported` when the agent has no such service.
 */
export function followPortStream(channel: RpcChannel, feed: PortFeed, options: CallOptions): Promise<void> {
  const stop = new AbortController();
  const describeTimeout = (): string =>
    l10n.t('The agent did not list its ports within {0} ms.', options.timeoutMs);
  const snapshot = startCall<undefined>(options, describeTimeout, () => {
    stop.abort();
  });
  const follow = async (): Promise<void> => {
    const rpc = rpcOver(channel, { timeoutMs: options.timeoutMs, signal: stop.signal });
    try {
      for await (const event of new NotificationServiceClientImpl(rpc).watchPorts({})) {
        if (applyPortEvent(feed, event) === 'snapshot_complete') snapshot.resolve(undefined);
      }
      throw new AgentError('connection_closed', l10n.t('The agent ended its stream of port changes.'));
    } catch (error) {
      const reason = AgentError.from(error, 'connection_closed');
      snapshot.reject(reason);
      feed.markStale(reason);
    }
  };
  void follow();
  return snapshot.promise;
}

function applyPortEvent(feed: PortFeed, { event }: PortEvent): 'change' | 'snapshot_complete' {
  switch (event?.$case) {
    case 'changed':
      feed.change(event.value.containerId, event.value.bindings);
      return 'change';
    case 'removed':
      feed.change(event.value.containerId, []);
      return 'change';
    case 'snapshotComplete':
      feed.completeSnapshot();
      return 'snapshot_complete';
    case undefined:
      // An event kind of a later schema: nothing to apply.
      return 'change';
  }
}
