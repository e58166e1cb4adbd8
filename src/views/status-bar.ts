import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import type { Disposable } from '../base/emitter.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { statusText, type StatusText } from './status-text.ts';

const backgrounds: Readonly<Record<StatusText['background'], string | undefined>> = {
  none: undefined,
  warning: 'statusBarItem.warningBackground',
  error: 'statusBarItem.errorBackground',
};

/** The one status item, `sandlight.readiness`. */
export class StatusBar implements Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #place: string;
  #shown: StatusText;

  /** `menuCommand` runs when the item is clicked; `place` says which machine the sandboxes are seen from. */
  constructor(menuCommand: string, place: string) {
    this.#place = place;
    this.#item = vscode.window.createStatusBarItem('sandlight.readiness', vscode.StatusBarAlignment.Left, 10);
    this.#item.name = l10n.t('Sandlight readiness');
    this.#item.command = menuCommand;
    this.#shown = this.update([]);
  }

  /** What the item shows. */
  get shown(): StatusText {
    return this.#shown;
  }

  /** Shows `snapshots`; ages in the tooltip are those of this moment. */
  update(snapshots: readonly SandboxSnapshot[]): StatusText {
    const shown = statusText(snapshots, this.#place, Date.now());
    const { text, tooltip, background, spoken } = shown;
    const color = backgrounds[background];
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.backgroundColor = color === undefined ? undefined : new vscode.ThemeColor(color);
    this.#item.accessibilityInformation = { label: spoken, role: 'button' };
    this.#item.show();
    this.#shown = shown;
    return shown;
  }

  dispose(): void {
    this.#item.dispose();
  }
}
