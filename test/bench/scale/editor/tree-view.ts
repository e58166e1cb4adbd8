import type { Disposable } from './disposable.ts';
import { EventEmitter } from './emitter.ts';

/** What VS Code is told of a row, as far as it is looked at here. */
export interface RowItem {
  readonly id?: string;
  readonly label?: unknown;
  readonly description?: unknown;
  readonly collapsibleState?: number;
}

/** A `vscode.TreeDataProvider` that answers at once. */
export interface RowProvider {
  readonly onDidChangeTreeData: (listener: (changed: readonly object[] | undefined) => void) => Disposable;
  /** The rows below one, or the roots. */
  getChildren(row?: object): readonly object[];
  getTreeItem(row: object): RowItem;
}

/** VS Code gathers events that follow one another this closely. */
const gatherMs = 200;
/** `vscode.TreeItemCollapsibleState.Expanded`. */
const expanded = 2;

/**
 * A tree view that asks for rows as VS Code does: while it is visible, for everything below expanded rows, and after a
 * change for the changed rows and what is expanded below them. Each list of children is a request of its own, as it is
 * when it comes from another process.
 */
export class StandInTreeView {
  readonly provider: RowProvider;
  badge: unknown;
  message: unknown;
  readonly #visibility = new EventEmitter<{ readonly visible: boolean }>();
  readonly onDidChangeVisibility = this.#visibility.event;
  /** The rows that were asked for, each with those below it; `undefined` stands above all. */
  readonly #known = new Map<object | undefined, readonly object[]>();
  #changed = new Set<object>();
  #allChanged = false;
  #gathering: NodeJS.Timeout | undefined;
  #visible = false;

  constructor(provider: RowProvider) {
    this.provider = provider;
    provider.onDidChangeTreeData((changed) => {
      this.#take(changed);
    });
  }

  get visible(): boolean {
    return this.#visible;
  }

  /** Shows or hides the view; what is shown is read anew. */
  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#visibility.fire({ visible });
    if (visible) this.#take(undefined);
  }

  dispose(): void {
    clearTimeout(this.#gathering);
  }

  /** The first change is followed at once, further ones when the time of gathering is over. */
  #take(changed: readonly object[] | undefined): void {
    if (!this.#visible) return;
    if (changed === undefined) this.#allChanged = true;
    for (const row of changed ?? []) this.#changed.add(row);
    if (this.#gathering !== undefined) return;
    this.#follow();
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#follow();
    }, gatherMs);
  }

  #follow(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    if (this.#allChanged) {
      this.#allChanged = false;
      void this.#read(undefined);
      return;
    }
    for (const row of changed) {
      if (this.#known.has(row) && this.provider.getTreeItem(row).collapsibleState === expanded)
        void this.#read(row);
    }
  }

  async #read(parent: object | undefined): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const children = this.provider.getChildren(parent);
    const kept = new Set(children);
    for (const child of this.#known.get(parent) ?? []) if (!kept.has(child)) this.#forget(child);
    this.#known.set(parent, children);
    const parents = children.filter((child) => {
      if (!this.#known.has(child)) this.#known.set(child, []);
      return this.provider.getTreeItem(child).collapsibleState === expanded;
    });
    for (const child of parents) await this.#read(child);
  }

  #forget(row: object): void {
    for (const child of this.#known.get(row) ?? []) this.#forget(child);
    this.#known.delete(row);
  }
}
