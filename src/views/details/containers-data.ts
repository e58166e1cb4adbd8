import * as l10n from '../../base/l10n.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import { anyAddress } from '../../base/ip-address.ts';
import type { ContainerFacts } from '../../agent/facts.ts';
import type { ContainerPorts, PortBook } from '../../sandboxes/model/port-book.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { serviceAppearance } from '../appearance.ts';
import { timeText } from '../quantities.ts';
import { compareByName, containerName } from '../container-name.ts';
import { reachableAddress } from '../port-address.ts';
import { firstLine, portItems, type PortItem } from '../tree/port-lines.ts';
import type { ContainerData, SectionData, State } from './details-data.ts';
import { containerLook } from './looks.ts';

/** Containers that the panel lists; the tree has the others. */
export const maxListedContainers = 100;
/** Ports that it lists of each. */
export const maxListedPorts = 20;

/** A book is plain data that never changes, so that what the panel shows of it is made once. */
const known = new WeakMap<PortBook, readonly ContainerData[]>();

/** The containers of a sandbox and where they are reached, by name. */
export function containers(snapshot: SandboxSnapshot): SectionData<ContainerData> {
  const { ports, isStale, connection } = snapshot;
  if (ports.kind !== 'known') {
    const isTold = ports.kind === 'unknown' && connection.phase === 'open';
    return { remark: isTold ? ports.reason : plain``, items: [] };
  }
  const { book, stale } = ports;
  const items = known.get(book) ?? listed(book);
  known.set(book, items);
  const notShown = book.containers.length - items.length;
  const remarks = [
    ...(stale === null ? [] : [l10n.t('last seen {0}', timeText(stale.sinceMs)), stale.reason]),
    ...(stale === null && isStale && items.length > 0 ? [l10n.t('earlier data')] : []),
    ...(notShown > 0 ? [l10n.t('{0} more in the side bar', notShown)] : []),
  ];
  return { remark: joined(remarks, ' · '), items };
}

function listed({ containers: all }: PortBook): readonly ContainerData[] {
  return all.toSorted(compareByName).slice(0, maxListedContainers).map(containerData);
}

function containerData(container: ContainerPorts): ContainerData {
  const { containerId, facts, bindings } = container;
  const items = portItems(bindings);
  const ports = items.slice(0, maxListedPorts).map(portText);
  if (items.length > ports.length) ports.push(l10n.t('{0} more', items.length - ports.length));
  return {
    // The ports that the sandbox itself publishes belong to none.
    name: containerId === '' ? l10n.t('The sandbox itself') : containerName(container),
    state: facts && stateOf(facts),
    about: facts === null ? plain`` : aboutText(facts),
    ports,
  };
}

/** Where a port, or a range of ports, is reached and what answers there: "localhost:9000-9010 → 80-90". */
function portText(item: PortItem): PlainText {
  const { binding, hostIp } = firstLine(item);
  const { hostPort, containerPort, protocol } = binding;
  const more = 'lines' in item ? item.lines.length - 1 : 0;
  const address = reachableAddress({ hostIp, hostPort });
  const mapping =
    more === 0
      ? plain`${address} → ${containerPort}`
      : plain`${address}-${hostPort + more} → ${containerPort}-${containerPort + more}`;
  const parts = [
    mapping,
    ...(protocol === 'tcp' ? [] : [protocol]),
    ...(hostIp === anyAddress || hostIp === '0.0.0.0' || hostIp === '::' ? [l10n.t('all interfaces')] : []),
  ];
  return joined(parts, ' · ');
}

function stateOf({ state, health }: ContainerFacts<PlainText>): State {
  const words = [state, health].filter((word) => word !== '');
  const word = words.length === 0 ? serviceAppearance(plain``).word : joined(words, ', ');
  return { look: containerLook(state, health), word };
}

function aboutText({ image, composeProject, composeService }: ContainerFacts<PlainText>): PlainText {
  const compose =
    composeProject === '' || composeService === ''
      ? joined([composeProject, composeService], '')
      : plain`${composeProject}/${composeService}`;
  return joined(
    [image, compose].filter((text) => text !== ''),
    ' · ',
  );
}
