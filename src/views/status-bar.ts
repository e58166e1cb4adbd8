import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import type { Disposable } from '../base/emitter.ts';
import type { PlainText } from '../base/text.ts';
import type { RegistryChange } from '../sandboxes/watch/sandbox-registry.ts';
import type { Snapshots } from './per-sandbox.ts';
import { StatusModel, type StatusText } from './status-text.ts';

const backgrounds: Readonly<Record<StatusText['background'], string | undefined>> = {
  none: undefined,
  warning: 'statusBarItem.warningBackground',
  error: 'statusBarItem.errorBackground',
};

/** The one status item, `sandlight.readiness`; hidden while there is no sandbox. */
export class StatusBar implements Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #snapshots: Snapshots;
  readonly #model: StatusModel;
  #shown: StatusText;

  /** `menuCommand` runs when the item is clicked; `place` says which machine the sandboxes are seen from. */
  constructor(snapshots: Snapshots, menuCommand: string, place: PlainText) {
    this.#snapshots = snapshots;
    this.#model = new StatusModel(place);
    this.#item = vscode.window.createStatusBarItem('sandlight.readiness', vscode.StatusBarAlignment.Left, 10);
    this.#item.name = l10n.t('Sandlight readiness');
    this.#item.command = menuCommand;
    this.#shown = this.#model.update(snapshots, { listChanged: true, changed: new Set() }, Date.now());
    this.#tell(this.#shown);
  }

  /** What the item shows. */
  get shown(): StatusText {
    return this.#shown;
  }

  /** Takes a change in; VS Code is told only what is said differently. */
  update(change: RegistryChange): void {
    const shown = this.#model.update(this.#snapshots, change, Date.now());
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tell(shown);
  }

  dispose(): void {
    this.#item.dispose();
  }

  #tell({ text, tooltip, background, spoken, sandboxId }: StatusText): void {
    const color = backgrounds[background];
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.backgroundColor = color === undefined ? undefined : new vscode.ThemeColor(color);
    this.#item.accessibilityInformation = { label: spoken, role: 'button' };
    // Without a sandbox there is nothing to watch.
    if (sandboxId === undefined) this.#item.hide();
    else this.#item.show();
  }
}
