import type * as vscode from 'vscode';
import { EventEmitter } from './emitter.ts';

type Element = unknown;
type Changes = Element[] | Element | null | undefined;

/** VS Code gathers events that follow one another this closely. */
const gatherMs = 200;
const expanded = 2;

/**
 * A tree view that asks for rows as VS Code does: while it is visible, for everything below expanded rows, and after a
 * change for the changed rows and what is expanded below them. Each list of children is a request of its own, as it is
 * when it comes from another process.
 */
export class StandInTreeView {
  readonly #provider: vscode.TreeDataProvider<Element>;
  readonly #visibility = new EventEmitter<vscode.TreeViewVisibilityChangeEvent>();
  readonly onDidChangeVisibility = this.#visibility.event;
  /** The rows that were asked for, each with those below it; `undefined` stands above all. */
  readonly #known = new Map<Element, readonly Element[]>();
  #gathered: Element[] | 'all' = [];
  #gathering: NodeJS.Timeout | undefined;
  #visible = false;
  badge: vscode.ViewBadge | undefined;
  message: string | undefined;

  constructor(provider: vscode.TreeDataProvider<Element>) {
    this.#provider = provider;
    provider.onDidChangeTreeData?.((changes) => {
      this.#take(changes);
    });
  }

  get provider(): vscode.TreeDataProvider<Element> {
    return this.#provider;
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
  #take(changes: Changes): void {
    if (!this.#visible) return;
    if (changes === undefined || changes === null) this.#gathered = 'all';
    else if (this.#gathered !== 'all') this.#gathered.push(...(Array.isArray(changes) ? changes : [changes]));
    if (this.#gathering !== undefined) return;
    this.#follow();
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#follow();
    }, gatherMs);
  }

  #follow(): void {
    const changed = this.#gathered;
    this.#gathered = [];
    if (changed === 'all') {
      this.#known.clear();
      void this.#read(undefined);
      return;
    }
    for (const element of new Set(changed)) if (this.#known.has(element)) void this.#readRow(element);
  }

  async #readRow(element: Element): Promise<void> {
    const { collapsibleState } = await this.#provider.getTreeItem(element);
    if (collapsibleState === expanded) await this.#read(element);
  }

  async #read(parent: Element): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const children = (await this.#provider.getChildren(parent)) ?? [];
    const items = await Promise.all(children.map((child) => this.#provider.getTreeItem(child)));
    const kept = new Set(children);
    for (const child of this.#known.get(parent) ?? []) if (!kept.has(child)) this.#forget(child);
    this.#known.set(parent, children);
    for (const child of children) if (!this.#known.has(child)) this.#known.set(child, []);
    for (const [index, child] of children.entries()) {
      if (items[index]?.collapsibleState === expanded) await this.#read(child);
    }
  }

  #forget(element: Element): void {
    for (const child of this.#known.get(element) ?? []) this.#forget(child);
    this.#known.delete(element);
  }
}
