import * as vscode from 'vscode';
import type { Disposable } from '../../base/emitter.ts';
import { joined, type PlainText } from '../../base/text.ts';
import type { RegistryChange } from '../../sandboxes/watch/sandbox-registry.ts';
import type { Snapshots } from '../per-sandbox.ts';
import { dayOf } from '../quantities.ts';
import { breakable, inert } from '../plain-text.ts';
import { Forest } from './forest.ts';
import type { TreeNode } from './node.ts';
import type { Row } from './row.ts';
import type { RowStyle } from './sandbox.ts';
import { sandboxTooltip } from './sandbox-tooltip.ts';
import { badgeOf, NeedyCount } from './summary.ts';

/** Rows are made this long at a stretch, in milliseconds; what is left is made in the next turns of the event loop. */
const stretchMs = 8;

/**
 * The view `sandlight.sandboxes`: hands rows to VS Code and names those that changed. While it is hidden it only notes what
 * has changed, and makes the rows when somebody looks.
 */
export class SandboxTree implements vscode.TreeDataProvider<TreeNode>, Disposable {
  readonly view: vscode.TreeView<TreeNode>;
  readonly onDidChangeTreeData: vscode.Event<TreeNode[] | undefined>;
  readonly #changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly #snapshots: Snapshots;
  readonly #place: PlainText;
  /** Rows name the moments of a day without its date. */
  #day = dayOf(Date.now());
  #forest: Forest;
  readonly #needy = new NeedyCount();
  #style: RowStyle = { portsByContainer: false };
  readonly #visibility: vscode.Disposable;
  /** What the rows do not show yet. */
  readonly #pending: { listChanged: boolean; readonly changed: Set<string> } = {
    listChanged: true,
    changed: new Set(),
  };
  readonly #maxStretchMs: number;
  #nextStretch: NodeJS.Immediate | undefined;
  /** Rows were made that VS Code was not told of. */
  #isUntold = false;
  #shownCount = 0;

  /** `place` says in words which machine the sandboxes are seen from. */
  constructor(snapshots: Snapshots, place: PlainText, maxStretchMs = stretchMs) {
    this.#snapshots = snapshots;
    this.#maxStretchMs = maxStretchMs;
    this.#place = place;
    this.#forest = new Forest(this.#style);
    this.onDidChangeTreeData = this.#changes.event;
    this.view = vscode.window.createTreeView('sandlight.sandboxes', { treeDataProvider: this });
    this.#visibility = this.view.onDidChangeVisibility(({ visible }) => {
      if (visible) this.#show();
    });
  }

  /** Takes a change in; only rows that differ are drawn again. */
  update(change: RegistryChange): void {
    const count = this.#needy.update(this.#snapshots, change);
    if (count !== this.#shownCount) {
      this.#shownCount = count;
      this.view.badge = badgeOf(count);
    }
    const day = dayOf(Date.now());
    if (day !== this.#day) {
      this.#day = day;
      this.#makeAnew();
    }
    this.#pending.listChanged ||= change.listChanged;
    for (const id of change.changed) this.#pending.changed.add(id);
    // A stretch that is due takes this in, too.
    if (this.view.visible && this.#nextStretch === undefined) this.#show();
  }

  /** Shows sentences above the rows; none for an empty list. */
  setProblems(problems: readonly PlainText[]): void {
    // Only `undefined` takes the line away, which the declared type does not allow.
    const view: { message?: string | undefined } = this.view;
    view.message = problems.length === 0 ? undefined : breakable(inert(joined(problems, '\n')));
  }

  /** Shows the ports below the rows of their containers, or each beside the name of its container. */
  groupPorts(byContainer: boolean): void {
    void vscode.commands.executeCommand('setContext', 'sandlight.portsByContainer', byContainer);
    if (byContainer === this.#style.portsByContainer) return;
    this.#style = { portsByContainer: byContainer };
    this.#makeAnew();
    if (this.view.visible && this.#nextStretch === undefined) this.#show();
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

  /** The row of a node as it is now; `undefined` when it is gone. */
  row(node: TreeNode): Row | undefined {
    this.#makeUntold();
    return this.#forest.entry(node)?.branch.row;
  }

  /** The node of the selected row; `undefined` when none is, or it is gone. */
  selected(): TreeNode | undefined {
    const [node] = this.view.selection;
    return node && this.current(node);
  }

  /** Selects the row that has the keyboard, and opens or closes it as Enter does. */
  async openFocused(): Promise<void> {
    await vscode.commands.executeCommand('list.select');
  }

  /**
   * Selects the row that has the keyboard, without opening or closing it. VS Code tells extensions of the selected row alone,
   * which stays where it was while somebody moves by the arrow keys.
   */
  async selectFocused(): Promise<void> {
    await this.openFocused();
    const node = this.selected();
    if (node === undefined || this.row(node)?.collapsible === 'none') return;
    const expandMode = vscode.workspace.getConfiguration('workbench.tree').get('expandMode');
    // Selecting has opened or closed the row, as a click would.
    if (expandMode !== 'doubleClick') await vscode.commands.executeCommand('list.toggleExpand');
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const row = this.#forest.entry(node)?.branch.row;
    // VS Code may ask for a row that has just gone.
    return row === undefined ? new vscode.TreeItem('') : toTreeItem(node.id, row);
  }

  /** Completes a row that somebody points at. */
  resolveTreeItem(item: vscode.TreeItem, { kind, sandboxId }: TreeNode): vscode.TreeItem {
    const snapshot = this.#snapshots.get(sandboxId);
    if (kind === 'sandbox' && snapshot !== undefined) item.tooltip = sandboxTooltip(snapshot, this.#place);
    return item;
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
    clearImmediate(this.#nextStretch);
    this.#visibility.dispose();
    this.view.dispose();
    this.#changes.dispose();
  }

  /** Forgets all rows, which are then due. */
  #makeAnew(): void {
    this.#forest = new Forest(this.#style);
    this.#pending.listChanged = true;
  }

  /** Makes rows that are due and tells VS Code of them; goes on in a later turn when they are many. */
  #show(): void {
    const changed = this.#make(performance.now() + this.#maxStretchMs);
    if (changed === 'all' || this.#isUntold) this.#changes.fire(undefined);
    else if (changed.length > 0) this.#changes.fire([...changed]);
    this.#isUntold = false;
    if (this.#pending.changed.size === 0) return;
    this.#nextStretch ??= setImmediate(() => {
      this.#nextStretch = undefined;
      if (this.view.visible) this.#show();
    });
  }

  /** Makes all rows that are due for somebody who asks; a hidden view tells of them when it is seen. */
  #makeUntold(): void {
    // Those of a visible view are on their way.
    if (this.view.visible && this.#nextStretch !== undefined) return;
    const changed = this.#make(Infinity);
    if (changed === 'all' || changed.length > 0) this.#isUntold = true;
  }

  /** Makes rows that are due, those of at least one sandbox, until `performance.now()` is `untilMs`. */
  #make(untilMs: number): readonly TreeNode[] | 'all' {
    const due = this.#pending;
    let isAll = false;
    if (due.listChanged) {
      due.listChanged = false;
      isAll = this.#forest.update(this.#snapshots, { listChanged: true, changed: new Set() }) === 'all';
      // Of new ones there is no more than their own row yet, and others may have come back as other ones.
      for (const id of this.#snapshots.ids()) due.changed.add(id);
    }
    const changed: TreeNode[] = [];
    for (const id of due.changed) {
      due.changed.delete(id);
      const one = this.#forest.update(this.#snapshots, { listChanged: false, changed: new Set([id]) });
      if (one !== 'all') changed.push(...one);
      if (performance.now() >= untilMs) break;
    }
    return isAll ? 'all' : changed;
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
  // What has none yet is given one when somebody points at it.
  item.tooltip = row.tooltip ?? undefined;
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.spoken };
  if (row.icon !== null) {
    const color = row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color);
    item.iconPath = new vscode.ThemeIcon(row.icon.id, color);
  }
  return item;
}
