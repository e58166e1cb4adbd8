import * as l10n from '../../base/l10n.ts';
import type { PortBook, PublishedPorts } from '../../sandboxes/model/port-book.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { staleColor, type Icon } from '../icon.ts';
import { groupBranch } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { emptyMessage, messageRow, problemMessage, waitingMessage } from './messages.ts';
import type { PortBinding } from './node.ts';
import { reachWarning } from './reach.ts';
import { contextTags, leaf, type Branch } from './row.ts';

/** The group of the ports that a sandbox's containers publish, one row a binding. */
export function portsBranch(snapshot: SandboxSnapshot, ids: IdFactory): Branch {
  const { id: sandboxId, ports, portsUnknownReason } = snapshot;
  const count = ports?.containers.reduce((sum, { bindings }) => sum + bindings.length, 0) ?? 0;
  return groupBranch(ids, {
    sandboxId,
    group: 'ports',
    label: l10n.t('Ports'),
    description: count === 0 ? '' : l10n.t('{0} published', count),
    icon: { id: 'plug' },
    children: (below) => {
      if (ports !== null) return knownPorts(snapshot, ports, below);
      const message =
        portsUnknownReason === null
          ? waitingMessage()
          : emptyMessage(l10n.t('Published ports are not known'), portsUnknownReason);
      return [messageRow(sandboxId, below, message)];
    },
  });
}

/** The address a port is published on, as `host:port`. */
export function hostAddress({ hostIp, hostPort }: PortBinding): string {
  return hostIp.includes(':') ? `[${hostIp}]:${hostPort}` : `${hostIp === '' ? '*' : hostIp}:${hostPort}`;
}

function knownPorts(snapshot: SandboxSnapshot, ports: PortBook, ids: IdFactory): readonly Branch[] {
  const { id: sandboxId } = snapshot;
  const rows = ports.containers.flatMap((container) =>
    container.bindings.map((binding) => portRow(snapshot, container, binding, ids)),
  );
  const notes = [
    ports.staleReason === null
      ? []
      : [problemMessage('stale', l10n.t('This list may be out of date'), ports.staleReason)],
    ports.dropped === 0
      ? []
      : [
          problemMessage(
            'dropped',
            l10n.t('Some ports are left out'),
            l10n.t('{0} entries cannot exist or exceed a limit', ports.dropped),
          ),
        ],
    rows.length === 0 ? [emptyMessage(l10n.t('No container publishes a port'))] : [],
  ].flat();
  return [...notes.map((note) => messageRow(sandboxId, ids, note)), ...rows];
}

function portRow(
  snapshot: SandboxSnapshot,
  { containerId }: PublishedPorts,
  binding: PortBinding,
  ids: IdFactory,
): Branch {
  const { id: sandboxId, isStale } = snapshot;
  const { containerPort, hostPort, hostIp, protocol } = binding;
  const scope = addressScope(hostIp);
  const warning = reachWarning(snapshot, binding);
  const warnings = warning === undefined ? [] : [warning.text];
  const isUnreachable = warning?.isCertain === true;
  const remarks = [...(scope === '' ? [] : [scope]), ...(isStale ? [l10n.t('earlier data')] : [])];
  // A sandbox may publish ports of its own, which belong to no container.
  const ofContainer = containerId === '' ? [] : [l10n.t('container {0}', containerId.slice(0, 12))];
  return leaf(
    {
      kind: 'port',
      id: ids('port', containerId, containerPort, protocol, hostIp, hostPort),
      sandboxId,
      containerId,
      binding,
    },
    {
      label: `${containerPort} → ${hostAddress(binding)}`,
      description: [protocol, ...(isUnreachable ? [l10n.t('guest only')] : []), ...remarks].join(' · '),
      tooltip: [
        // Numbers go in as text, so that no language groups their digits.
        l10n.t('Port {0} ({1})', String(containerPort), protocol),
        ...ofContainer,
        l10n.t('Published on {0}', hostAddress(binding)),
        ...remarks,
        ...warnings,
      ].join('\n'),
      icon: portIcon(protocol, isStale, isUnreachable),
      contextValue: contextTags('port', { tcp: protocol === 'tcp' }),
      spoken: [
        l10n.t('Port {0}', String(containerPort)),
        l10n.t('published on {0}', hostAddress(binding)),
        protocol,
        ...remarks,
        ...ofContainer,
        ...warnings,
      ].join(', '),
    },
  );
}

function portIcon(protocol: string, isStale: boolean, isUnreachable: boolean): Icon {
  const id = isUnreachable ? 'warning' : protocol === 'tcp' ? 'globe' : 'radio-tower';
  if (isStale) return { id, color: staleColor };
  return isUnreachable ? { id, color: 'list.warningForeground' } : { id };
}

/** Says in words when a port is open on every address. */
function addressScope(hostIp: string): string {
  if (hostIp === '0.0.0.0') return l10n.t('on all IPv4 addresses');
  if (hostIp === '::') return l10n.t('on all IPv6 addresses');
  return hostIp === '' || hostIp === '*' ? l10n.t('on all addresses') : '';
}
