import * as vscode from 'vscode';
import type { Disposable } from '../../base/emitter.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import type { RegistryChange, SandboxRegistry } from '../../sandboxes/watch/sandbox-registry.ts';
import { sandboxNodeId } from '../tree/sandbox.ts';
import { actionCommands } from './actions.ts';
import type { DetailsData } from './details-data.ts';
import { isPanelState } from './details-messages.ts';
import { absentData, detailsData } from './details-model.ts';
import { DetailsPanel } from './details-panel.ts';

const viewType = 'sandlight.details';
/** Longest name that is taken from what the panel kept. */
const maxNameLength = 128;

/** What {@link DetailsPanels} works on. */
export interface DetailsDependencies {
  readonly registry: SandboxRegistry;
  readonly extensionUri: vscode.Uri;
  /** Which machine sandboxes are seen from. */
  readonly place: PlainText;
}

/** The details panels, one a sandbox. A visible one counts as somebody who looks at its sandbox. */
export class DetailsPanels implements Disposable {
  readonly #dependencies: DetailsDependencies;
  readonly #panels = new Map<string, DetailsPanel>();
  readonly #serializer: vscode.Disposable;

  constructor(dependencies: DetailsDependencies) {
    this.#dependencies = dependencies;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: (panel, state: unknown) => {
        if (isPanelState(state)) this.#adopt(panel, state.sandboxId, plainText(state.name, maxNameLength));
        else panel.dispose();
        return Promise.resolve();
      },
    });
  }

  /** What the panels that can be seen were sent last. */
  get shown(): readonly DetailsData[] {
    return [...this.#panels.values()].flatMap(({ shown }) => shown ?? []);
  }

  /** Opens the panel of a sandbox, or shows the one that is open. */
  show(sandboxId: string): void {
    const open = this.#panels.get(sandboxId);
    if (open !== undefined) {
      open.reveal();
      return;
    }
    const name = this.#dependencies.registry.get(sandboxId)?.name ?? plain``;
    const panel = vscode.window.createWebviewPanel(viewType, name, vscode.ViewColumn.Active);
    this.#adopt(panel, sandboxId, name);
  }

  /** Brings the panels of what changed up to date. */
  update({ listChanged, changed }: RegistryChange): void {
    for (const [id, panel] of this.#panels) if (listChanged || changed.has(id)) panel.update();
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #adopt(webviewPanel: vscode.WebviewPanel, sandboxId: string, name: PlainText): void {
    const { registry, extensionUri, place } = this.#dependencies;
    // A window that is loaded again may have been asked for the same panel meanwhile.
    this.#panels.get(sandboxId)?.dispose();
    const onlooker = `details of ${sandboxId}`;
    const panel = new DetailsPanel(webviewPanel, {
      folder: vscode.Uri.joinPath(extensionUri, 'dist'),
      icon: vscode.Uri.joinPath(extensionUri, 'media', 'icon.png'),
      data: () => {
        const snapshot = registry.get(sandboxId);
        return snapshot === undefined
          ? absentData(sandboxId, name, Date.now())
          : detailsData(snapshot, place, Date.now());
      },
      onVisibility: (visible) => {
        registry.setOnlooker(onlooker, (id) => visible && id === sandboxId);
      },
      onAction: (action) => {
        const node = { kind: 'sandbox', id: sandboxNodeId(sandboxId), sandboxId } as const;
        void vscode.commands.executeCommand(actionCommands[action], node);
      },
      onClosed: () => {
        if (this.#panels.get(sandboxId) !== panel) return;
        this.#panels.delete(sandboxId);
        registry.setOnlooker(onlooker, () => false);
      },
    });
    this.#panels.set(sandboxId, panel);
  }
}
