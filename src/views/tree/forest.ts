import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import type { RegistryChange } from '../../sandboxes/watch/sandbox-registry.ts';
import { PerSandbox, type Snapshots } from '../per-sandbox.ts';
import type { TreeNode } from './node.ts';
import { isSameRow, type Branch } from './row.ts';
import { sandboxRows, type RowStyle, type SandboxRows } from './sandbox.ts';

/**
 * Changed rows of one parent that VS Code is told of one by one; where more have changed it is told of their parent,
 * because what it does with a list of rows grows with the square of their number.
 */
export const maxChangedSiblings = 8;

/** A row where it stands. */
export interface Entry {
  /** The same object as long as the row is there, by which VS Code knows it. */
  readonly node: TreeNode;
  readonly branch: Branch;
}

/** All rows, a tree for each sandbox, so that a change costs what it changes. */
export class Forest {
  readonly #trees: PerSandbox<SandboxTreeRows>;
  /** Of the change that is being taken in. */
  #changed: TreeNode[] = [];
  #rootIds: readonly string[] = [];

  constructor(style: RowStyle) {
    this.#trees = new PerSandbox((snapshot, before) => {
      if (before === undefined) return new SandboxTreeRows(snapshot, style);
      this.#changed.push(...before.take(snapshot));
      return before;
    });
  }

  /**
   * Takes a change in, and returns the rows that VS Code has to ask for again: those whose own data or whose list of
   * children differ. Rows below one of them are left out, because they are asked for with it. `'all'` when sandboxes came,
   * went or changed places. New ones have no rows below their own until they are named as changed.
   */
  update(snapshots: Snapshots, change: RegistryChange): readonly TreeNode[] | 'all' {
    this.#changed = [];
    if (change.listChanged) this.#trees.takeList(snapshots);
    this.#trees.update(snapshots, { listChanged: false, changed: change.changed });
    if (change.listChanged) {
      const ids = [...this.#trees.values.keys()];
      const isSameList = ids.length === this.#rootIds.length && ids.every((id, i) => id === this.#rootIds[i]);
      this.#rootIds = ids;
      if (!isSameList) return 'all';
    }
    return this.#changed;
  }

  /** The rows of the sandboxes themselves. */
  roots(): readonly TreeNode[] {
    return [...this.#trees.values.values()].flatMap(({ root }) => root?.node ?? []);
  }

  /** `undefined` for a row that is gone. */
  entry({ id, sandboxId }: TreeNode): Entry | undefined {
    return this.#trees.values.get(sandboxId)?.entry(id);
  }

  /** The rows directly below a row. */
  children(node: TreeNode): readonly TreeNode[] {
    const tree = this.#trees.values.get(node.sandboxId);
    const children = tree?.entry(node.id)?.branch.children ?? [];
    return children.flatMap((child) => tree?.entry(child.node.id)?.node ?? []);
  }

  /** The row that lists a row; `undefined` for a root. It is searched for: VS Code wants it only to reveal a row. */
  parent(node: TreeNode): TreeNode | undefined {
    return this.#trees.values.get(node.sandboxId)?.parent(node.id);
  }

  /** The row of a sandbox. */
  root(sandboxId: string): TreeNode | undefined {
    return this.#trees.values.get(sandboxId)?.root?.node;
  }

  /** Every row, in the order of the tree. */
  *entries(): IterableIterator<Entry> {
    for (const tree of this.#trees.values.values()) yield* tree.entries();
  }
}

/** The rows of one sandbox. */
class SandboxTreeRows {
  readonly #rows: SandboxRows;
  readonly #entries = new Map<string, Entry>();
  #root: Branch;

  constructor(snapshot: SandboxSnapshot, style: RowStyle) {
    this.#rows = sandboxRows(snapshot.id, style);
    this.#root = this.#rows.bare(snapshot);
    this.#replace(undefined, this.#root, undefined);
  }

  get root(): Entry | undefined {
    return this.#entries.get(this.#root.node.id);
  }

  entry(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  *entries(): IterableIterator<Entry> {
    yield* this.#below(this.#root);
  }

  parent(id: string): TreeNode | undefined {
    for (const { node, branch } of this.#entries.values())
      if (branch.children.some((child) => child.node.id === id)) return node;
    return undefined;
  }

  /** Makes the rows anew where `snapshot` differs from the one before, and returns the topmost ones that have changed. */
  take(snapshot: SandboxSnapshot): readonly TreeNode[] {
    const before = this.#root;
    this.#root = this.#rows.whole(snapshot);
    const changed: TreeNode[] = [];
    this.#replace(before, this.#root, changed);
    return changed;
  }

  /** Puts `now` in the place of `then`. `changed` takes the rows to draw again; without it a row above is drawn again. */
  #replace(then: Branch | undefined, now: Branch, changed: TreeNode[] | undefined): void {
    if (then === now) return;
    const node = this.#entries.get(now.node.id)?.node ?? now.node;
    this.#entries.set(node.id, { node, branch: now });
    const hasSameList = then !== undefined && isSameList(then.children, now.children);
    const isChanged = !hasSameList || !isSameRow(then.row, now.row);
    if (isChanged) changed?.push(node);
    const below: TreeNode[] | undefined = isChanged ? undefined : [];
    for (const [index, child] of now.children.entries()) {
      // Most stay where they were, as the same objects.
      if (child !== then?.children[index])
        this.#replace(this.#entries.get(child.node.id)?.branch, child, below);
    }
    if (then !== undefined && !hasSameList) {
      const kept = new Set(now.children.map((child) => child.node.id));
      for (const child of then.children) if (!kept.has(child.node.id)) this.#remove(child);
    }
    if (below === undefined) return;
    if (below.length > maxChangedSiblings) changed?.push(node);
    else changed?.push(...below);
  }

  #remove({ node, children }: Branch): void {
    this.#entries.delete(node.id);
    for (const child of children) this.#remove(child);
  }

  *#below({ node, children }: Branch): IterableIterator<Entry> {
    const entry = this.#entries.get(node.id);
    if (entry !== undefined) yield entry;
    for (const child of children) yield* this.#below(child);
  }
}

function isSameList(a: readonly Branch[], b: readonly Branch[]): boolean {
  return (
    a.length === b.length &&
    a.every((branch, index) => branch === b[index] || branch.node.id === b[index]?.node.id)
  );
}
