import type * as vscode from 'vscode';
import { Configuration } from './configuration.ts';
import { EventEmitter } from './emitter.ts';
import { strict } from './strict.ts';
import { StandInTreeView } from './tree-view.ts';

/** A stand-in for the module `vscode`, and what happens to be in the hands of the editor. */
export interface StandIn {
  readonly module: typeof vscode;
  readonly configuration: Configuration;
  /** The extension's one tree view; `undefined` until it is made. */
  tree(): StandInTreeView | undefined;
  /** Characters that were written to the log. */
  logLength(): number;
}

class TreeItem {
  readonly label: string | vscode.TreeItemLabel;
  readonly collapsibleState: vscode.TreeItemCollapsibleState | undefined;

  constructor(label: string | vscode.TreeItemLabel, collapsibleState?: vscode.TreeItemCollapsibleState) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

class ThemeIcon {
  readonly id: string;
  readonly color: vscode.ThemeColor | undefined;

  constructor(id: string, color?: vscode.ThemeColor) {
    this.id = id;
    this.color = color;
  }
}

class ThemeColor {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/** `vscode.l10n.t` without a translation. */
function inEnglish(message: string, ...values: readonly (string | number | boolean)[]): string {
  return message.replace(/\{(\d+)\}/g, (hole, index: string) => String(values[Number(index)] ?? hole));
}

/**
 * The part of VS Code's API that the extension uses while nobody runs a command, without an editor behind it. What is not
 * here throws when it is used.
 */
export function createStandIn(settings: Readonly<Record<string, unknown>>): StandIn {
  const configuration = new Configuration(settings);
  let tree: StandInTreeView | undefined;
  let logLength = 0;
  const log = (message: unknown): void => {
    logLength += String(message).length;
  };
  const nothing: vscode.Disposable = { dispose: () => undefined };
  const disposables = {
    from: (...parts: vscode.Disposable[]) => ({
      dispose: () => {
        for (const part of parts) part.dispose();
      },
    }),
  };
  const createTreeView = (
    _id: string,
    { treeDataProvider }: vscode.TreeViewOptions<unknown>,
  ): StandInTreeView => (tree = new StandInTreeView(treeDataProvider));
  const module = strict<typeof vscode>('vscode', {
    version: '1.139.1',
    EventEmitter: EventEmitter as unknown as typeof vscode.EventEmitter,
    TreeItem: TreeItem as unknown as typeof vscode.TreeItem,
    ThemeIcon: ThemeIcon as unknown as typeof vscode.ThemeIcon,
    ThemeColor: ThemeColor as unknown as typeof vscode.ThemeColor,
    Disposable: disposables as unknown as typeof vscode.Disposable,
    TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 } as typeof vscode.TreeItemCollapsibleState,
    StatusBarAlignment: { Left: 1, Right: 2 } as typeof vscode.StatusBarAlignment,
    ExtensionKind: { UI: 1, Workspace: 2 } as typeof vscode.ExtensionKind,
    l10n: strict<typeof vscode.l10n>('l10n', { bundle: undefined, t: inEnglish as typeof vscode.l10n.t }),
    env: strict<typeof vscode.env>('env', { language: 'en', appName: 'Bench', remoteName: undefined }),
    commands: strict<typeof vscode.commands>('commands', {
      registerCommand: () => nothing,
      executeCommand: <T>(command: string) => {
        if (command !== 'setContext') throw new Error(`The stand-in for VS Code does not run ${command}.`);
        return Promise.resolve(undefined as T);
      },
    }),
    workspace: strict<typeof vscode.workspace>('workspace', {
      isTrusted: true,
      getConfiguration: (section) => configuration.section(section ?? ''),
      onDidChangeConfiguration: configuration.onDidChange,
    }),
    window: strict<typeof vscode.window>('window', {
      createOutputChannel: (() =>
        strict<vscode.LogOutputChannel>('LogOutputChannel', {
          ...{ trace: log, debug: log, info: log, warn: log, error: log },
          dispose: () => undefined,
        })) as unknown as typeof vscode.window.createOutputChannel,
      createStatusBarItem: ((id: string) => ({
        ...{ id, show: () => undefined, hide: () => undefined, dispose: () => undefined },
      })) as unknown as typeof vscode.window.createStatusBarItem,
      createTreeView: createTreeView as unknown as typeof vscode.window.createTreeView,
      registerWebviewPanelSerializer: () => nothing,
    }),
  });
  return { module, configuration, tree: () => tree, logLength: () => logLength };
}
