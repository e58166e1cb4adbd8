import * as vscode from 'vscode';
import type { Disposable } from '../../sandboxes/emitter.ts';
import type { SandboxRegistry } from '../../sandboxes/sandbox-registry.ts';
import { detailsText } from './details-text.ts';

const scheme = 'sandlight-details';

/** Shows what is known of a sandbox in a read-only editor that follows its changes. */
export class DetailsDocuments implements Disposable {
  readonly #registry: SandboxRegistry;
  readonly #place: string;
  readonly #changes = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;

  constructor(registry: SandboxRegistry, place: string) {
    this.#registry = registry;
    this.#place = place;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: this.#changes.event,
      provideTextDocumentContent: ({ query }) => this.#text(query),
    });
  }

  async show(sandboxId: string): Promise<void> {
    const name = this.#registry.get(sandboxId)?.name ?? '';
    const uri = vscode.Uri.from({ scheme, path: `/${name.replaceAll('/', '_')}`, query: sandboxId });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  /** Draws the open documents of these sandboxes again. */
  update(changed: ReadonlySet<string>): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === scheme && changed.has(uri.query)) this.#changes.fire(uri);
    }
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changes.dispose();
  }

  #text(sandboxId: string): string {
    const snapshot = this.#registry.get(sandboxId);
    return snapshot === undefined
      ? vscode.l10n.t('This sandbox is gone.')
      : detailsText(snapshot, this.#place);
  }
}
