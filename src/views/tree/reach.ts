import * as l10n from '../../base/l10n.ts';
import { isLoopbackAddress, type IpAddress } from '../../base/ip-address.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import type { ListeningPorts } from '../../agent/facts.ts';
import type { SandboxSource } from '../../sandboxes/model/snapshot.ts';
import type { HostBinding } from '../../sandboxes/model/guest-facts.ts';

/** What keeps a published port from answering, or may. */
export interface ReachWarning {
  /** True when it was seen. */
  readonly isCertain: boolean;
  readonly text: PlainText;
}

/** What {@link reachWarning} knows of a sandbox. */
export interface ReachParts {
  readonly source: SandboxSource;
  /** What was read of the guest's sockets; `null` when nothing was. */
  readonly listening: ListeningPorts<IpAddress> | null;
}

/**
 * Warns of a port that microsandbox publishes: it dials the guest's network address, so that nothing answers for a service
 * on the guest's loopback. `undefined` when a socket was seen in the guest that can be reached.
 */
export function reachWarning(
  { source, listening }: ReachParts,
  { containerPort, protocol }: Pick<HostBinding, 'containerPort'> & { readonly protocol: string },
): ReachWarning | undefined {
  if (source !== 'microsandbox') return undefined;
  // Only TCP sockets are read from a guest.
  const known = protocol === 'tcp' && listening !== null ? listening : { sockets: [], truncated: true };
  const addresses = known.sockets.filter(({ port }) => port === containerPort).map(({ address }) => address);
  if (!addresses.every(isLoopbackAddress)) return undefined;
  if (addresses.length === 0 || known.truncated) {
    return {
      isCertain: false,
      text: l10n.t('A service that listens on the loopback of the guest alone does not answer here'),
    };
  }
  return {
    isCertain: true,
    text: l10n.t(
      'Nothing answers here: in the guest, port {0} listens on its loopback alone ({1}). Let the service listen on 0.0.0.0.',
      plain`${containerPort}`,
      joined(addresses, ', '),
    ),
  };
}
