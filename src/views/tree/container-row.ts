import * as l10n from '../../base/l10n.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import type { ContainerPorts } from '../../sandboxes/model/port-book.ts';
import { containerAppearance } from '../appearance.ts';
import { containerName, shortContainerId } from '../container-name.ts';
import { staleColor, type Icon } from '../icon.ts';
import { timeText } from '../quantities.ts';
import type { IdFactory } from './id-factory.ts';
import { originLines } from './port-row.ts';
import { noText, type Branch } from './row.ts';

/** Everything but the container that its row depends on. */
export interface ContainerRowParts {
  readonly sandboxId: string;
  /** What is to be said of all rows, such as when they were last seen; empty when they are current. */
  readonly remark: PlainText;
  readonly ids: IdFactory;
}

/** The row of a container, with `children` below it: name, state, image, and since when it runs. */
export function containerBranch(
  { sandboxId, remark, ids }: ContainerRowParts,
  container: ContainerPorts,
  children: readonly Branch[],
): Branch {
  const { containerId, facts } = container;
  const label = containerName(container);
  const { word, icon } = stateOf(container);
  const started = startText(container);
  const told = [word, ...(facts === null ? [] : [facts.image]), started, remark].filter(
    (text) => text !== '',
  );
  return {
    node: { kind: 'container', id: ids('container', containerId), sandboxId, containerId },
    row: {
      label,
      description: joined(told, ' · '),
      tooltip: joined(
        [
          word === '' ? label : joined([label, word], ': '),
          ...originLines(container),
          ...[started, remark].filter((text) => text !== ''),
          l10n.t('Container {0}', shortContainerId(containerId)),
        ],
        '\n',
      ),
      icon: remark === '' ? icon : { id: icon.id, color: staleColor },
      contextValue: 'container',
      spoken: joined([label, l10n.t('container'), ...told], ', '),
      copy: label,
      collapsible: children.length === 0 ? 'none' : 'expanded',
    },
    children,
  };
}

function stateOf({ facts }: ContainerPorts): { readonly word: PlainText; readonly icon: Icon } {
  return facts === null ? { word: noText, icon: { id: 'package' } } : containerAppearance(facts);
}

/** A clock time, because an age would be wrong by the time it is read; empty for a container that does not run. */
function startText({ facts }: ContainerPorts): PlainText {
  const runs = facts !== null && ['running', 'paused', 'restarting'].includes(facts.state);
  return runs && facts.startedAtMs > 0 ? l10n.t('started {0}', timeText(facts.startedAtMs)) : plain``;
}
