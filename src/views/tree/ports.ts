import * as l10n from '../../base/l10n.ts';
import { addressAndPort, type IpAddress } from '../../base/ip-address.ts';
import { joined, plain, plainText, type PlainText } from '../../base/text.ts';
import type { ContainerPorts, PortKnowledge } from '../../sandboxes/model/port-book.ts';
import { staleColor, type Icon } from '../icon.ts';
import { timeText } from '../quantities.ts';
import { groupBranch, groupId, type GroupMaker, type GroupPlace } from './group.ts';
import { idsBelow, type IdFactory } from './id-factory.ts';
import { fromParts } from './memo.ts';
import { emptyMessage, messageRow, problemMessage, waitingMessage, type Message } from './messages.ts';
import type { PortBinding } from './node.ts';
import { reachWarning, type ReachParts } from './reach.ts';
import { contextTags, leaf, noText, type Branch } from './row.ts';

type KnownPorts = Extract<PortKnowledge, { kind: 'known' }>;

/** Everything but the container that the row of a port depends on. */
interface RowParts extends ReachParts {
  /** What is to be said of all rows, such as when they were last seen; empty when they are current. */
  readonly remark: PlainText;
}

/** The group of the ports that a sandbox's containers publish, one row a binding. */
export function portsGroup(place: GroupPlace): GroupMaker {
  /** The rows of each container as it was; forgotten with what else they depend on, or with the container. */
  const rowsOf = fromParts<RowParts, RowParts, (container: ContainerPorts) => readonly Branch[]>(
    (parts) => parts,
    (parts) => {
      const known = new WeakMap<ContainerPorts, readonly Branch[]>();
      return (container) => {
        const rows = known.get(container) ?? containerRows(place, parts, container);
        known.set(container, rows);
        return rows;
      };
    },
  );
  return fromParts(
    ({ ports, isStale, source, listening }) => ({
      ports,
      isStale,
      source,
      listening: listening?.value ?? null,
    }),
    ({ ports, isStale, source, listening }) => {
      const group = { ...place, group: 'ports', label: l10n.t('Ports'), icon: { id: 'plug' } } as const;
      if (ports.kind !== 'known') {
        const message =
          ports.kind === 'asking'
            ? waitingMessage({ isStale })
            : emptyMessage(l10n.t('Published ports are not known'), ports.reason);
        const children = (ids: IdFactory): Branch[] => [messageRow(place.sandboxId, ids, message)];
        return groupBranch({ ...group, description: noText, children });
      }
      const remark = remarkOf(ports, isStale);
      const containerRows = rowsOf({ source, listening, remark });
      const rows = ports.book.containers.flatMap(containerRows);
      return groupBranch({
        ...group,
        description: countText(ports, rows.length),
        children: (ids) => [
          ...notes(ports, rows.length, { isOld: remark !== '', isItsOwn: source === 'microsandbox' }).map(
            (note) => messageRow(place.sandboxId, ids, note),
          ),
          ...rows,
        ],
      });
    },
  );
}

/** The address a port is published on, as `host:port`. */
export function hostAddress({ hostIp, hostPort }: PortBinding): PlainText {
  return hostIp === '' ? plain`*:${hostPort}` : addressAndPort(hostIp, hostPort);
}

/** What a port maps to what, as its row is called. */
export function portLabel(binding: PortBinding): PlainText {
  return plain`${binding.containerPort} → ${hostAddress(binding)}`;
}

/** As much of a container's id as people write. */
export function shortContainerId(containerId: PlainText): PlainText {
  return plainText(containerId.slice(0, 12), 12);
}

function countText({ stale }: KnownPorts, count: number): PlainText {
  const parts = [
    ...(count === 0 ? [] : [l10n.t('{0} published', count)]),
    ...(stale === null ? [] : [l10n.t('last seen {0}', timeText(stale.sinceMs))]),
  ];
  return joined(parts, ' · ');
}

function remarkOf({ stale }: KnownPorts, isStale: boolean): PlainText {
  if (stale !== null) return l10n.t('last seen {0}', timeText(stale.sinceMs));
  return isStale ? l10n.t('earlier data') : noText;
}

/** How nothing is to be told: what is known may be old, and the sandbox may publish its ports itself. */
interface NothingParts {
  readonly isOld: boolean;
  readonly isItsOwn: boolean;
}

function notes({ book, stale }: KnownPorts, count: number, nothing: NothingParts): readonly Message[] {
  const found: Message[] = [];
  if (stale !== null)
    found.push(problemMessage('stale', l10n.t('This list may be out of date'), stale.reason));
  if (book.leftOut > 0) {
    found.push(
      problemMessage(
        'dropped',
        l10n.t('Some ports are left out'),
        l10n.t('{0} entries cannot exist or exceed a limit', book.leftOut),
      ),
    );
  }
  if (count === 0 && book.leftOut === 0) found.push(emptyMessage(nothingText(nothing)));
  return found;
}

function nothingText({ isOld, isItsOwn }: NothingParts): PlainText {
  if (isOld) return l10n.t('No port was published when they were last seen');
  return isItsOwn ? l10n.t('Publishes no port') : l10n.t('No container publishes a port');
}

function containerRows(place: GroupPlace, parts: RowParts, container: ContainerPorts): readonly Branch[] {
  const ids = idsBelow(groupId(place, 'ports'));
  return container.bindings.map((binding) => portRow(place.sandboxId, parts, container, binding, ids));
}

function portRow(
  sandboxId: string,
  parts: RowParts,
  { containerId }: ContainerPorts,
  binding: PortBinding,
  ids: IdFactory,
): Branch {
  const { remark } = parts;
  const { containerPort, hostPort, hostIp, protocol } = binding;
  const warning = reachWarning(parts, binding);
  const warnings = warning === undefined ? [] : [warning.text];
  const isUnreachable = warning?.isCertain === true;
  const remarks = [addressScope(hostIp), remark].filter((text) => text !== '');
  // A sandbox may publish ports of its own, which belong to no container.
  const ofContainer = containerId === '' ? [] : [l10n.t('container {0}', shortContainerId(containerId))];
  const address = hostAddress(binding);
  // Numbers go in as text, so that no language groups their digits.
  const port = plain`${containerPort}`;
  return leaf(
    {
      kind: 'port',
      id: ids('port', containerId, containerPort, protocol, hostIp, hostPort),
      sandboxId,
      containerId,
      binding,
    },
    {
      label: portLabel(binding),
      description: joined([protocol, ...(isUnreachable ? [l10n.t('guest only')] : []), ...remarks], ' · '),
      tooltip: joined(
        [
          l10n.t('Port {0} ({1})', port, protocol),
          ...ofContainer,
          l10n.t('Published on {0}', address),
          ...remarks,
          ...warnings,
        ],
        '\n',
      ),
      icon: portIcon(protocol, remark !== '', isUnreachable),
      contextValue: contextTags('port', { tcp: protocol === 'tcp' }),
      copy: address,
      spoken: joined(
        [
          l10n.t('Port {0}', port),
          l10n.t('published on {0}', address),
          protocol,
          ...remarks,
          ...ofContainer,
          ...warnings,
        ],
        ', ',
      ),
    },
  );
}

function portIcon(protocol: PlainText, isOld: boolean, isUnreachable: boolean): Icon {
  const id = isUnreachable ? 'warning' : protocol === 'tcp' ? 'globe' : 'radio-tower';
  if (isOld) return { id, color: staleColor };
  return isUnreachable ? { id, color: 'list.warningForeground' } : { id };
}

/** Says in words when a port is open on every address. */
function addressScope(hostIp: IpAddress): PlainText {
  if (hostIp === '0.0.0.0') return l10n.t('on all IPv4 addresses');
  if (hostIp === '::') return l10n.t('on all IPv6 addresses');
  return hostIp === '' ? l10n.t('on all addresses') : noText;
}
