import * as l10n from '../../base/l10n.ts';
import { plain, type PlainText } from '../../base/text.ts';
import type { ContainerPorts } from '../../sandboxes/model/port-book.ts';
import { compareByName } from '../container-name.ts';
import { containerBranch } from './container-row.ts';
import { groupBranch, groupId, type GroupMaker, type GroupPlace } from './group.ts';
import { idsBelow } from './id-factory.ts';
import { inOrder } from './in-order.ts';
import { fromParts, once } from './memo.ts';
import { remarkOf } from './ports.ts';
import { leaf, type Branch } from './row.ts';

/** The group of a sandbox's containers, those of compose projects first; `undefined` where only ports are told. */
export function containersGroup(place: GroupPlace): GroupMaker {
  const { sandboxId } = place;
  /** The row of each container as it was; forgotten with what else it depends on, or with the container. */
  const rowOf = fromParts(
    (parts: { readonly remark: PlainText }) => parts,
    ({ remark }) =>
      once((container: ContainerPorts) => {
        const ids = idsBelow(groupId(place, 'containers'));
        return containerBranch({ sandboxId, remark, ids }, container, []);
      }),
  );
  const sorted = inOrder(compareByProject);
  return fromParts(
    ({ ports, isStale }) => ({ ports, isStale }),
    ({ ports, isStale }) => {
      if (ports.kind !== 'known') return undefined;
      const told = ports.book.containers.filter(({ facts }) => facts !== null);
      if (told.length === 0) return undefined;
      const makeRow = rowOf({ remark: remarkOf(ports, isStale) });
      const running = told.reduce((sum, { facts }) => sum + (facts?.state === 'running' ? 1 : 0), 0);
      return groupBranch({
        ...place,
        group: 'containers',
        label: l10n.t('Containers'),
        description: l10n.t('{0} of {1} running', running, told.length),
        icon: { id: 'package' },
        collapsed: true,
        children: () => projectRows(place, sorted(told), makeRow),
      });
    },
  );
}

/** Successive containers of one compose project below a row of the project, the others as they are. */
function projectRows(
  place: GroupPlace,
  containers: readonly ContainerPorts[],
  rowOf: (container: ContainerPorts) => Branch,
): readonly Branch[] {
  const ids = idsBelow(groupId(place, 'containers'));
  const rows: Branch[] = [];
  for (let from = 0, to = 0; from < containers.length; from = to) {
    const project = projectOf(containers[from]);
    while (to < containers.length && projectOf(containers[to]) === project) to++;
    const members = containers.slice(from, to).map(rowOf);
    if (project === '') rows.push(...members);
    else rows.push(projectRow(project, ids('project', project), place.sandboxId, members));
  }
  return rows;
}

function projectRow(label: PlainText, id: string, sandboxId: string, children: readonly Branch[]): Branch {
  const description = l10n.t('compose, {0} containers', plain`${children.length}`);
  const { node, row } = leaf(
    { kind: 'project', id, sandboxId },
    { label, description, icon: { id: 'layers' }, copy: label, collapsible: 'expanded' },
  );
  return { node, row, children };
}

function projectOf(container: ContainerPorts | undefined): PlainText {
  return container?.facts?.composeProject ?? plain``;
}

/** Projects first, by name; within one, and without one, by the container's name. */
function compareByProject(a: ContainerPorts, b: ContainerPorts): number {
  const [projectA, projectB] = [projectOf(a), projectOf(b)];
  if (projectA === projectB) return compareByName(a, b);
  if (projectA === '' || projectB === '') return projectA === '' ? 1 : -1;
  return projectA < projectB ? -1 : 1;
}
