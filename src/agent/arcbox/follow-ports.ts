import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import {
  NotificationServiceServiceName,
  WatchPortsRequest,
} from '../generated/sandlight/v1/notifications.ts';
import type { CallOptions, RpcChannel } from '../rpc/channel.ts';
import { startCall } from '../rpc/pending-call.ts';
import { checkPayload } from '../wire/protobuf.ts';
import type { PortNotification } from './framed-channel.ts';
import { arcboxType } from './messages.ts';
import { pingArcbox } from './ping.ts';
import type { PortGatherer } from './port-gatherer.ts';
import { visitFields } from './top-level-fields.ts';

/** Numbers of the fields of `sandlight.v1.PortEvent`, of which an event has one. */
const portEvent = { changed: 1, removed: 2, snapshotComplete: 3 } as const;

/**
 * Has the ports pushed into `gatherer` on a wire with notifications. The agent sends the snapshot before it answers.
 *
 * @throws AgentError `unsupported` when it does not grant that.
 */
export async function subscribeToPorts(channel: RpcChannel, options: CallOptions): Promise<void> {
  const ping = { timestampSecs: 0n, subscribePorts: true, reportContainers: true };
  const { extension } = await pingArcbox(channel, ping, options);
  if (!extension.portsSubscribed) {
    throw new AgentError(
      'unsupported',
      l10n.t('This agent does not tell which ports its containers publish.'),
    );
  }
}

/** Passes on the notification of one frame; a malformed one makes the list stale. */
export function takeNotification(gatherer: PortGatherer, { type, payload }: PortNotification): void {
  const isRemoval = type === arcboxType.portBindingsRemoved;
  try {
    checkPayload(isRemoval ? 'arcbox.v1.PortBindingsRemoved' : 'sandlight.v1.ContainerChanged', payload);
  } catch (error) {
    gatherer.lose(AgentError.from(error, 'malformed_payload'));
    return;
  }
  if (isRemoval) gatherer.remove(payload);
  else gatherer.change(payload);
}

/**
 * Follows `sandlight.v1.NotificationService/WatchPorts` into `gatherer`. Resolves when the snapshot is complete; changes
 * then follow until the channel closes. A stream that breaks before that makes the list stale.
 *
 * @throws AgentError `unsupported` when the agent has no such service.
 */
export function streamPorts(
  channel: RpcChannel,
  gatherer: PortGatherer,
  options: CallOptions,
): Promise<undefined> {
  const stop = new AbortController();
  const snapshot = startCall<undefined>(
    options,
    () => l10n.t('The agent did not list its ports within {0} ms.', options.timeoutMs),
    () => {
      stop.abort();
    },
  );
  const follow = async (): Promise<void> => {
    const request = WatchPortsRequest.encode({ reportContainers: true }).finish();
    const events = channel.serverStream(NotificationServiceServiceName, 'WatchPorts', request, stop);
    for await (const event of events) {
      if (takePortEvent(gatherer, event) === 'snapshot_complete') snapshot.resolve(undefined);
    }
    throw new AgentError('connection_closed', l10n.t('The agent ended its stream of port changes.'));
  };
  follow().catch((error: unknown) => {
    const reason = AgentError.from(error, 'connection_closed');
    snapshot.reject(reason);
    // What was ended on this side is over, not out of date.
    if (reason.code !== 'cancelled' && !stop.signal.aborted) gatherer.lose(reason);
  });
  return snapshot.promise;
}

/** Passes on one `PortEvent`; a malformed one makes the list stale. */
function takePortEvent(gatherer: PortGatherer, event: Uint8Array): 'snapshot_complete' | 'more' {
  try {
    checkPayload('sandlight.v1.PortEvent', event);
  } catch (error) {
    gatherer.lose(AgentError.from(error, 'malformed_payload'));
    return 'more';
  }
  // Of several the last one counts, and there is none in an event of a later schema.
  let kind: number | undefined;
  let value = event;
  visitFields(event, (number, start, end) => {
    if (number > portEvent.snapshotComplete) return;
    kind = number;
    value = event.subarray(start, end);
  });
  if (kind === portEvent.snapshotComplete) return 'snapshot_complete';
  if (kind === portEvent.changed) gatherer.change(value);
  if (kind === portEvent.removed) gatherer.remove(value);
  return 'more';
}
