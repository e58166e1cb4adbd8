import * as l10n from '../../base/l10n.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import type { PortBinding } from './node.ts';

/** True for an address that only programs of the same guest can reach. */
export function isLoopback(address: string): boolean {
  // A socket for both families writes an IPv4 address as the end of an IPv6 one.
  return address === '::1' || address.startsWith('127.') || /^::ffff:7f[0-9a-f]{2}:/.test(address);
}

/** What keeps a published port from answering, or may. */
export interface ReachWarning {
  /** True when it was seen. */
  readonly isCertain: boolean;
  readonly text: string;
}

/**
 * Warns of a port that microsandbox publishes: it dials the guest's network address, so that nothing answers for a service
 * on the guest's loopback. `undefined` when a socket was seen in the guest that can be reached.
 */
export function reachWarning(
  { source, listening }: Pick<SandboxSnapshot, 'source' | 'listening'>,
  { containerPort, protocol }: Pick<PortBinding, 'containerPort' | 'protocol'>,
): ReachWarning | undefined {
  if (source !== 'microsandbox') return undefined;
  // Only TCP sockets are read from a guest.
  const known = protocol === 'tcp' && listening !== null ? listening.value : { sockets: [], truncated: true };
  const addresses = known.sockets.filter(({ port }) => port === containerPort).map(({ address }) => address);
  if (!addresses.every(isLoopback)) return undefined;
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
      String(containerPort),
      addresses.join(', '),
    ),
  };
}
