import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Disposable } from '../../base/emitter.ts';
import type { DetailsData } from './details-data.ts';
import { detailsHtml } from './details-html.ts';
import { pageMessage, type ActionName, type PageMessage } from './details-messages.ts';

/** The panel's data is sent at most this often. */
const updateIntervalMs = 1000;

/** What a {@link DetailsPanel} needs from outside. */
export interface PanelDependencies {
  /** Holds `details.js` and `details.css`. */
  readonly folder: vscode.Uri;
  readonly icon: vscode.Uri;
  /** What is to be shown at this moment. */
  readonly data: () => DetailsData;
  readonly onVisibility: (visible: boolean) => void;
  /** Somebody pressed a button that the panel offers. */
  readonly onAction: (action: ActionName) => void;
  readonly onClosed: () => void;
}

/** One webview panel; it is sent data while it is visible, and nothing while it is hidden. */
export class DetailsPanel implements Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #dependencies: PanelDependencies;
  /** Whether the page's script runs. A hidden page is thrown away, and begins anew when it is shown again. */
  #isReady = false;
  #shown: DetailsData | undefined;
  #sentAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(panel: vscode.WebviewPanel, dependencies: PanelDependencies) {
    this.#panel = panel;
    this.#dependencies = dependencies;
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: [dependencies.folder] };
    panel.iconPath = dependencies.icon;
    panel.onDidDispose(() => {
      clearTimeout(this.#timer);
      dependencies.onClosed();
    });
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#isReady = false;
      dependencies.onVisibility(panel.visible);
    });
    webview.onDidReceiveMessage((message: unknown) => {
      this.#take(pageMessage(message));
    });
    webview.html = this.#html();
    dependencies.onVisibility(panel.visible);
  }

  /** What the panel was sent last; `undefined` while it shows nothing. */
  get shown(): DetailsData | undefined {
    return this.#isReady ? this.#shown : undefined;
  }

  reveal(): void {
    this.#panel.reveal();
  }

  /** Shows what has changed, soon. */
  update(): void {
    if (!this.#isReady) return;
    const dueMs = this.#sentAtMs + updateIntervalMs - Date.now();
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#isReady) this.#send();
      },
      Math.max(dueMs, 0),
    );
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #take(message: PageMessage | undefined): void {
    if (message?.kind === 'ready') {
      this.#isReady = true;
      this.#send();
    } else if (message?.kind === 'action') {
      const { action } = message;
      // What was offered last may not fit any more; its command says so.
      if (this.shown?.actions.some(({ name }) => name === action) === true)
        this.#dependencies.onAction(action);
    }
  }

  #send(): void {
    const data = this.#dependencies.data();
    this.#shown = data;
    this.#sentAtMs = Date.now();
    this.#panel.title = data.name;
    void this.#panel.webview.postMessage(data);
  }

  #html(): string {
    const { webview, title } = this.#panel;
    const uri = (file: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#dependencies.folder, file)).toString();
    return detailsHtml({
      cspSource: webview.cspSource,
      scriptUri: uri('details.js'),
      styleUri: uri('details.css'),
      nonce: randomBytes(16).toString('hex'),
      language: vscode.env.language,
      title,
    });
  }
}
