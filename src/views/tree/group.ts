import { joined, type PlainText } from '../../base/text.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import type { Icon } from '../icon.ts';
import { idsBelow, type IdFactory } from './id-factory.ts';
import { nodeId, type GroupName } from './node.ts';
import type { Branch } from './row.ts';

/** Which sandbox a group belongs to, and the id of the row it stands below. */
export interface GroupPlace {
  readonly sandboxId: string;
  readonly parentId: string;
}

/** Makes a group of rows, the same object as before when nothing it depends on has changed; `undefined` without the group. */
export type GroupMaker = (snapshot: SandboxSnapshot) => Branch | undefined;

/** What a group of rows is made of. */
export interface Group extends GroupPlace {
  readonly group: GroupName;
  readonly label: PlainText;
  readonly description: PlainText;
  readonly icon: Icon;
  readonly collapsed?: boolean;
  readonly children: (ids: IdFactory) => readonly Branch[];
}

/** The id of a group's row. */
export function groupId({ parentId }: GroupPlace, group: GroupName): string {
  return `${parentId}/${nodeId(group)}`;
}

/** A row that only gathers others. */
export function groupBranch(parts: Group): Branch {
  const { sandboxId, group, label, description, icon, collapsed = false, children } = parts;
  const id = groupId(parts, group);
  const spoken = joined(description === '' ? [label] : [label, description], ', ');
  return {
    node: { kind: 'group', id, sandboxId, group },
    row: {
      label,
      description,
      tooltip: spoken,
      icon,
      contextValue: `group+${group}`,
      spoken,
      copy: spoken,
      collapsible: collapsed ? 'collapsed' : 'expanded',
    },
    children: children(idsBelow(id)),
  };
}
