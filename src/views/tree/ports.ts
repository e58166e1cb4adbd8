import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import type { ContainerPorts, PortKnowledge } from '../../sandboxes/model/port-book.ts';
import { compareByName } from '../container-name.ts';
import { timeText } from '../quantities.ts';
import { groupBranch, groupId, type GroupMaker, type GroupPlace } from './group.ts';
import { inOrder } from './in-order.ts';
import { idsBelow, type IdFactory } from './id-factory.ts';
import { containerBranch } from './container-row.ts';
import { fromParts, once } from './memo.ts';
import { emptyMessage, messageRow, problemMessage, waitingMessage, type Message } from './messages.ts';
import { portRows, type PortRowParts } from './port-row.ts';
import { noText, type Branch } from './row.ts';

/** Ports that are known, if only from earlier. */
export type KnownPorts = Extract<PortKnowledge, { kind: 'known' }>;

/** The group of the ports that a sandbox's containers publish: by container, or each beside the name of its container. */
export function portsGroup(place: GroupPlace, isByContainer: boolean): GroupMaker {
  const { sandboxId } = place;
  /** The rows of each container as it was; forgotten with what else they depend on, or with the container. */
  const rowsOf = fromParts<PortRowParts, PortRowParts, (container: ContainerPorts) => readonly Branch[]>(
    (parts) => parts,
    (parts) =>
      once((container: ContainerPorts) => {
        const ids = idsBelow(groupId(place, 'ports'));
        const rows = portRows(parts, container, ids);
        // A sandbox's own ports belong to no container.
        return isByContainer && container.containerId !== ''
          ? [containerBranch({ sandboxId, remark: parts.remark, ids }, container, rows)]
          : rows;
      }),
  );
  const sorted = inOrder(compareByName);
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
        const children = (ids: IdFactory): Branch[] => [messageRow(sandboxId, ids, message)];
        return groupBranch({ ...group, description: noText, children });
      }
      const remark = remarkOf(ports, isStale);
      const publishing = ports.book.containers.filter(({ bindings }) => bindings.length > 0);
      const rows = sorted(publishing).flatMap(
        rowsOf({ sandboxId, source, listening, remark, isBelowContainer: isByContainer }),
      );
      const count = rows.reduce((sum, row) => sum + countPorts(row), 0);
      return groupBranch({
        ...group,
        description: countText(ports, count),
        children: (ids) => [
          ...notes(ports, count, { isOld: remark !== '', isItsOwn: source === 'microsandbox' }).map((note) =>
            messageRow(sandboxId, ids, note),
          ),
          ...rows,
        ],
      });
    },
  );
}

/** The ports in a row and below it. */
function countPorts({ node, children }: Branch): number {
  return node.kind === 'port' ? 1 : children.reduce((sum, child) => sum + countPorts(child), 0);
}

function countText({ stale }: KnownPorts, count: number): PlainText {
  const parts = [
    ...(count === 0 ? [] : [l10n.t('{0} published', count)]),
    ...(stale === null ? [] : [l10n.t('last seen {0}', timeText(stale.sinceMs))]),
  ];
  return joined(parts, ' · ');
}

/** What is to be said of everything that may be out of date; empty when it is current. */
export function remarkOf({ stale }: KnownPorts, isStale: boolean): PlainText {
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
