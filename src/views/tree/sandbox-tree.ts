import * as vscode from 'vscode';
import type { Disposable } from '../../base/emitter.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { breakable, inert } from '../plain-text.ts';
import { changedNodes, emptyForest, plant, type Forest } from './forest.ts';
import type { TreeNode } from './node.ts';
import type { Branch, Row } from './row.ts';
import { sandboxBranch, sandboxNodeId } from './sandbox.ts';
import { badgeOf } from './summary.ts';

/** The view `sandlight.sandboxes`: hands rows to VS Code and names those that changed. */
export class SandboxTree implements vscode.TreeDataProvider<TreeNode>, Disposable {
  readonly view: vscode.TreeView<TreeNode>;
  readonly onDidChangeTreeData: vscode.Event<TreeNode[] | undefined>;
  readonly #changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly #place: string;
  /** A snapshot is immutable, so its rows are made once. */
  readonly #branches = new WeakMap<SandboxSnapshot, Branch>();
  #forest: Forest = emptyForest;

  /** `place` says in words which machine the sandboxes are seen from. */
  constructor(place: string) {
    this.#place = place;
    this.onDidChangeTreeData = this.#changes.event;
    this.view = vscode.window.createTreeView('sandlight.sandboxes', { treeDataProvider: this });
  }

  /** Shows `snapshots`; only rows that differ are drawn again. */
  update(snapshots: readonly SandboxSnapshot[]): void {
    const before = this.#forest;
    this.#forest = plant(
      snapshots.map((snapshot) => this.#branch(snapshot)),
      before,
    );
    const changed = changedNodes(before, this.#forest);
    if (changed === 'all') this.#changes.fire(undefined);
    else if (changed.length > 0) this.#changes.fire([...changed]);
    this.view.badge = badgeOf(snapshots);
  }

  /** Shows sentences above the rows; none for an empty list. */
  setProblems(problems: readonly string[]): void {
    // Only `undefined` takes the line away, which the declared type does not allow.
    const view: { message?: string | undefined } = this.view;
    view.message = problems.length === 0 ? undefined : breakable(inert(problems.join('\n')));
  }

  /** Selects the row of a sandbox. */
  async reveal(sandboxId: string): Promise<void> {
    const entry = this.#forest.entries.get(sandboxNodeId(sandboxId));
    if (entry !== undefined) await this.view.reveal(entry.node, { select: true, focus: true });
  }

  /** Every row's node. */
  nodes(): readonly TreeNode[] {
    return [...this.#forest.entries.values()].map(({ node }) => node);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const row = this.#forest.entries.get(node.id)?.row;
    // VS Code may ask for a row that has just gone.
    return row === undefined ? new vscode.TreeItem('') : toTreeItem(node.id, row);
  }

  getChildren(node?: TreeNode): TreeNode[] {
    const ids = node === undefined ? this.#forest.rootIds : this.#forest.entries.get(node.id)?.childIds;
    return (ids ?? []).flatMap((id) => this.#forest.entries.get(id)?.node ?? []);
  }

  getParent(node: TreeNode): TreeNode | undefined {
    const parentId = this.#forest.entries.get(node.id)?.parentId;
    return parentId === undefined ? undefined : this.#forest.entries.get(parentId)?.node;
  }

  dispose(): void {
    this.view.dispose();
    this.#changes.dispose();
  }

  #branch(snapshot: SandboxSnapshot): Branch {
    const known = this.#branches.get(snapshot);
    if (known !== undefined) return known;
    const branch = sandboxBranch(snapshot, this.#place);
    this.#branches.set(snapshot, branch);
    return branch;
  }
}

function toTreeItem(id: string, row: Row): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(
    row.label,
    { none: None, collapsed: Collapsed, expanded: Expanded }[row.collapsible],
  );
  item.id = id;
  item.description = row.description;
  item.tooltip = row.tooltip;
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.spoken };
  if (row.icon !== null) {
    const color = row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color);
    item.iconPath = new vscode.ThemeIcon(row.icon.id, color);
  }
  return item;
}
