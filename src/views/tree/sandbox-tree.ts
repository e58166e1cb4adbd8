import * as vscode from 'vscode';
import type { Disposable } from '../../base/emitter.ts';
import { joined, type PlainText } from '../../base/text.ts';
import type { RegistryChange } from '../../sandboxes/watch/sandbox-registry.ts';
import type { Snapshots } from '../per-sandbox.ts';
import { breakable, inert } from '../plain-text.ts';
import { Forest } from './forest.ts';
import type { TreeNode } from './node.ts';
import type { Row } from './row.ts';
import { badgeOf, UnreadyCount } from './summary.ts';

/**
 * The view `sandlight.sandboxes`: hands rows to VS Code and names those that changed. While it is hidden it only notes what
 * has changed, and makes the rows when somebody looks.
 */
export class SandboxTree implements vscode.TreeDataProvider<TreeNode>, Disposable {
  readonly view: vscode.TreeView<TreeNode>;
  readonly onDidChangeTreeData: vscode.Event<TreeNode[] | undefined>;
  readonly #changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly #snapshots: Snapshots;
  readonly #forest: Forest;
  readonly #unready = new UnreadyCount();
  readonly #visibility: vscode.Disposable;
  /** What the rows do not show yet. */
  #pending: { listChanged: boolean; readonly changed: Set<string> } = {
    listChanged: true,
    changed: new Set(),
  };
  /** Rows were made that VS Code was not told of. */
  #isUntold = false;
  #shownCount = 0;

  /** `place` says in words which machine the sandboxes are seen from. */
  constructor(snapshots: Snapshots, place: PlainText) {
    this.#snapshots = snapshots;
    this.#forest = new Forest(place);
    this.onDidChangeTreeData = this.#changes.event;
    this.view = vscode.window.createTreeView('sandlight.sandboxes', { treeDataProvider: this });
    this.#visibility = this.view.onDidChangeVisibility(({ visible }) => {
      if (visible) this.#show();
    });
  }

  /** Takes a change in; only rows that differ are drawn again. */
  update(change: RegistryChange): void {
    const count = this.#unready.update(this.#snapshots, change);
    if (count !== this.#shownCount) {
      this.#shownCount = count;
      this.view.badge = badgeOf(count);
    }
    this.#pending.listChanged ||= change.listChanged;
    for (const id of change.changed) this.#pending.changed.add(id);
    if (this.view.visible) this.#show();
  }

  /** Shows sentences above the rows; none for an empty list. */
  setProblems(problems: readonly PlainText[]): void {
    // Only `undefined` takes the line away, which the declared type does not allow.
    const view: { message?: string | undefined } = this.view;
    view.message = problems.length === 0 ? undefined : breakable(inert(joined(problems, '\n')));
  }

  /** Selects the row of a sandbox. */
  async reveal(sandboxId: string): Promise<void> {
    this.#makeUntold();
    const node = this.#forest.root(sandboxId);
    if (node !== undefined) await this.view.reveal(node, { select: true, focus: true });
  }

  /** Every row's node, in the order of the tree. */
  nodes(): readonly TreeNode[] {
    this.#makeUntold();
    return [...this.#forest.entries()].map(({ node }) => node);
  }

  /** The node of the row with that id; `undefined` when it is gone. */
  current(node: TreeNode): TreeNode | undefined {
    this.#makeUntold();
    return this.#forest.entry(node)?.node;
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const row = this.#forest.entry(node)?.branch.row;
    // VS Code may ask for a row that has just gone.
    return row === undefined ? new vscode.TreeItem('') : toTreeItem(node.id, row);
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (node !== undefined) return [...this.#forest.children(node)];
    this.#makeUntold();
    return [...this.#forest.roots()];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#forest.parent(node);
  }

  dispose(): void {
    this.#visibility.dispose();
    this.view.dispose();
    this.#changes.dispose();
  }

  /** Makes the rows that are due and tells VS Code of them. */
  #show(): void {
    const changed = this.#make();
    if (changed === 'all' || this.#isUntold) this.#changes.fire(undefined);
    else if (changed.length > 0) this.#changes.fire([...changed]);
    this.#isUntold = false;
  }

  /** Makes the rows that are due for somebody who asks; a hidden view tells of them when it is seen. */
  #makeUntold(): void {
    const changed = this.#make();
    if (changed === 'all' || changed.length > 0) this.#isUntold = true;
  }

  #make(): readonly TreeNode[] | 'all' {
    const due = this.#pending;
    if (!due.listChanged && due.changed.size === 0) return [];
    this.#pending = { listChanged: false, changed: new Set() };
    return this.#forest.update(this.#snapshots, due);
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
