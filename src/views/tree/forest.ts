import type { TreeNode } from './node.ts';
import type { Branch, Row } from './row.ts';

/** One row where it stands in the tree. */
export interface Entry {
  readonly node: TreeNode;
  readonly row: Row;
  readonly parentId: string | undefined;
  readonly childIds: readonly string[];
}

/** All rows by id. */
export interface Forest {
  readonly rootIds: readonly string[];
  readonly entries: ReadonlyMap<string, Entry>;
}

export const emptyForest: Forest = { rootIds: [], entries: new Map() };

/** The forest of `roots`. A node that was in `previous` stays the same object, by which VS Code knows its rows. */
export function plant(roots: readonly Branch[], previous: Forest): Forest {
  const entries = new Map<string, Entry>();
  const add = ({ node, row, children }: Branch, parentId: string | undefined): string => {
    const { id } = node;
    const known = previous.entries.get(id)?.node ?? node;
    entries.set(id, { node: known, row, parentId, childIds: children.map((child) => child.node.id) });
    for (const child of children) add(child, id);
    return id;
  };
  return { rootIds: roots.map((root) => add(root, undefined)), entries };
}

/**
 * The rows that VS Code has to ask for again: those whose own data or whose list of children differ. Rows below one of
 * them are left out, because they are asked for with it. `'all'` when the roots themselves differ.
 */
export function changedNodes(before: Forest, after: Forest): readonly TreeNode[] | 'all' {
  if (!isSameList(before.rootIds, after.rootIds)) return 'all';
  const changed: TreeNode[] = [];
  const compare = (id: string): void => {
    const now = after.entries.get(id);
    const then = before.entries.get(id);
    if (now === undefined) return;
    if (then !== undefined && isSameRow(then.row, now.row) && isSameList(then.childIds, now.childIds))
      now.childIds.forEach(compare);
    else changed.push(now.node);
  };
  after.rootIds.forEach(compare);
  return changed;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function isSameRow(a: Row, b: Row): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
