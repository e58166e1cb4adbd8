import * as l10n from '../../base/l10n.ts';
import { addressAndPort, isLoopbackAddress, type IpAddress } from '../../base/ip-address.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import type { HostBinding } from '../../sandboxes/model/guest-facts.ts';
import type { ContainerPorts } from '../../sandboxes/model/port-book.ts';
import { containerName, shortContainerId } from '../container-name.ts';
import { composeText } from '../facts.ts';
import { staleColor, type Icon } from '../icon.ts';
import { guessScheme, purposeOf, reachableAddress, type PortPurpose } from '../port-address.ts';
import type { IdFactory } from './id-factory.ts';
import { portItems, type PortItem, type PortLine } from './port-lines.ts';
import { reachWarning, type ReachParts } from './reach.ts';
import { contextTags, leaf, noText, type Branch } from './row.ts';

/** Everything but the container that the row of a port depends on. */
export interface PortRowParts extends ReachParts {
  readonly sandboxId: string;
  /** What is to be said of all rows, such as when they were last seen; empty when they are current. */
  readonly remark: PlainText;
  /** True below the row of the container, where its name need not be said again. */
  readonly isBelowContainer: boolean;
}

const icons: Readonly<Record<PortPurpose, string>> = { web: 'globe', database: 'database', other: 'plug' };

/** The rows of the ports that one container publishes, in order. */
export function portRows(parts: PortRowParts, container: ContainerPorts, ids: IdFactory): readonly Branch[] {
  return portItems(container.bindings).map((item) =>
    'lines' in item ? rangeRow(parts, container, item, ids) : portRow(parts, container, item, ids),
  );
}

/** What a port maps to what: `localhost:8080 → 80`. */
export function portMapping(binding: HostBinding): PlainText {
  return plain`${reachableAddress(binding)} → ${containerSide(binding)}`;
}

/** Who publishes a port and where, as its row is called: `shop-web-1 localhost:8080`. */
export function portLabel(
  container: Pick<ContainerPorts, 'containerId' | 'facts'>,
  binding: HostBinding,
): PlainText {
  const name = containerName(container);
  const address = reachableAddress(binding);
  return name === '' ? address : joined([name, address], ' ');
}

/** The image, and the compose project and service, of a container as far as they are told. */
export function originLines({ facts }: Pick<ContainerPorts, 'facts'>): readonly PlainText[] {
  if (facts === null) return [];
  const compose = composeText(facts);
  return [
    ...(facts.image === '' ? [] : [l10n.t('Image: {0}', facts.image)]),
    ...(compose === '' ? [] : [compose]),
  ];
}

function portRow(parts: PortRowParts, container: ContainerPorts, line: PortLine, ids: IdFactory): Branch {
  const { sandboxId, remark, isBelowContainer } = parts;
  const { containerId, facts } = container;
  const { binding, hostIp } = line;
  const { containerPort, hostPort, protocol } = binding;
  const warning = reachWarning(parts, binding);
  const isUnreachable = warning?.isCertain === true;
  const remarks = [scopeText(hostIp), remark].filter((text) => text !== '');
  const address = reachableAddress(binding);
  const name = spokenName(container);
  // Numbers go in as text, so that no language groups their digits.
  const port = plain`${containerPort}`;
  const scheme = protocol === 'tcp' ? guessScheme(binding) : undefined;
  return leaf(
    {
      kind: 'port',
      id: ids('port', containerId, containerPort, protocol, binding.hostIp, hostPort),
      ...{ sandboxId, containerId, binding },
    },
    {
      label: isBelowContainer ? address : portLabel(container, binding),
      description: joined(
        [plain`→ ${containerSide(binding)}`, ...(isUnreachable ? [l10n.t('guest only')] : []), ...remarks],
        ' · ',
      ),
      tooltip: joined(
        [
          ...(name === '' ? [] : [name]),
          ...originLines(container),
          ...(scheme === undefined ? [] : [plain`${scheme}://${address}/`]),
          l10n.t('Port {0} ({1})', port, protocol),
          l10n.t('Published on {0}', hostAddress(hostIp, hostPort)),
          reachText(hostIp),
          ...(remark === '' ? [] : [remark]),
          ...(warning === undefined ? [] : [warning.text]),
        ],
        '\n',
      ),
      icon: portIcon(purposeOf(binding, facts?.image ?? noText), remark !== '', isUnreachable),
      contextValue: contextTags('port', { tcp: protocol === 'tcp', container: containerId !== '' }),
      copy: address,
      spoken: joined(
        [
          ...(name === '' ? [] : [name]),
          l10n.t('Port {0}', port),
          l10n.t('published on {0}', address),
          protocol,
          ...remarks,
          ...(warning === undefined ? [] : [warning.text]),
        ],
        ', ',
      ),
    },
  );
}

function rangeRow(
  parts: PortRowParts,
  container: ContainerPorts,
  { lines }: Extract<PortItem, { lines: unknown }>,
  ids: IdFactory,
): Branch {
  const { sandboxId, remark, isBelowContainer } = parts;
  const { binding: first, hostIp } = lines[0];
  const last = (lines.at(-1) ?? lines[1]).binding;
  const outside = plain`${first.hostPort}-${last.hostPort}`;
  const inside = plain`${first.containerPort}-${last.containerPort}`;
  const remarks = [scopeText(hostIp), remark].filter((text) => text !== '');
  const name = containerName(container);
  const shown = first.protocol === 'tcp' ? inside : plain`${inside}/${first.protocol}`;
  const { row, node } = leaf(
    {
      kind: 'range',
      id: ids('range', container.containerId, first.containerPort, first.protocol, hostIp, first.hostPort),
      sandboxId,
    },
    {
      label: isBelowContainer || name === '' ? outside : joined([name, outside], ' '),
      description: joined([plain`→ ${shown}`, ...remarks], ' · '),
      tooltip: joined(
        [
          ...(name === '' ? [] : [spokenName(container)]),
          ...originLines(container),
          l10n.t('Ports {0} ({1}), published on {2}', inside, first.protocol, outside),
          reachText(hostIp),
          ...(remark === '' ? [] : [remark]),
        ],
        '\n',
      ),
      icon: portIcon(purposeOf(first, container.facts?.image ?? noText), remark !== '', false),
      spoken: joined(
        [
          ...(name === '' ? [] : [spokenName(container)]),
          l10n.t('{0} ports, {1}', lines.length, inside),
          l10n.t('published on {0}', outside),
          first.protocol,
          ...remarks,
        ],
        ', ',
      ),
      collapsible: 'collapsed',
    },
  );
  return { node, row, children: lines.map((line) => portRow(parts, container, line, ids)) };
}

/** The name of a container, or which one it is where none is told; empty for a sandbox's own ports. */
function spokenName({ containerId, facts }: ContainerPorts): PlainText {
  if (facts !== null && facts.name !== '') return facts.name;
  return containerId === '' ? noText : l10n.t('container {0}', shortContainerId(containerId));
}

function containerSide({ containerPort, protocol }: HostBinding): PlainText {
  return protocol === 'tcp' ? plain`${containerPort}` : plain`${containerPort}/${protocol}`;
}

/** The address a port is published on, as the engine has it: `host:port`. */
function hostAddress(hostIp: IpAddress, hostPort: number): PlainText {
  return hostIp === '' ? plain`*:${hostPort}` : addressAndPort(hostIp, hostPort);
}

function portIcon(purpose: PortPurpose, isOld: boolean, isUnreachable: boolean): Icon {
  const id = isUnreachable ? 'warning' : icons[purpose];
  if (isOld) return { id, color: staleColor };
  return isUnreachable ? { id, color: 'list.warningForeground' } : { id };
}

/** Says in a word when a port is open on every interface. */
function scopeText(hostIp: IpAddress): PlainText {
  if (hostIp === '0.0.0.0') return l10n.t('all IPv4 interfaces');
  if (hostIp === '::') return l10n.t('all IPv6 interfaces');
  return hostIp === '' ? l10n.t('all interfaces') : noText;
}

/** Who can reach a port that is open on an address. */
function reachText(hostIp: IpAddress): PlainText {
  if (hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::')
    return l10n.t('Every machine that reaches the host can connect');
  return isLoopbackAddress(hostIp)
    ? l10n.t('Only programs on the host can connect')
    : l10n.t('Machines that reach {0} can connect', hostIp);
}
