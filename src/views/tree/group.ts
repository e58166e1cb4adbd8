import type { Icon } from '../icon.ts';
import { idsBelow, type IdFactory } from './id-factory.ts';
import type { GroupName } from './node.ts';
import type { Branch } from './row.ts';

/** What a group of rows is made of. */
export interface Group {
  readonly sandboxId: string;
  readonly group: GroupName;
  readonly label: string;
  readonly description: string;
  readonly icon: Icon;
  readonly collapsed?: boolean;
  readonly children: (ids: IdFactory) => readonly Branch[];
}

/** A row that only gathers others. */
export function groupBranch(ids: IdFactory, parts: Group): Branch {
  const { sandboxId, group, label, description, icon, collapsed = false, children } = parts;
  const id = ids(group);
  const spoken = description === '' ? label : `${label}, ${description}`;
  return {
    node: { kind: 'group', id, sandboxId, group },
    row: {
      label,
      description,
      tooltip: spoken,
      icon,
      contextValue: `group+${group}`,
      spoken,
      collapsible: collapsed ? 'collapsed' : 'expanded',
    },
    children: children(idsBelow(id)),
  };
}
