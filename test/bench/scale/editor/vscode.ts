import { Configuration } from './configuration.ts';
import { Disposable } from './disposable.ts';
import { EventEmitter } from './emitter.ts';
import { strict } from './strict.ts';
import { StandInTreeView, type RowProvider } from './tree-view.ts';

/** A stand-in for the module `vscode`, and what happens to be in the hands of the editor. */
export interface StandIn {
  readonly module: object;
  readonly configuration: Configuration;
  /** The extension's one tree view; `undefined` until it is made. */
  readonly tree: () => StandInTreeView | undefined;
  /** Characters that were written to the log. */
  readonly logLength: () => number;
  /** The beginnings of the first errors in the log. */
  readonly loggedErrors: readonly string[];
}

const maxErrors = 3;
const maxErrorLength = 1000;

/** `vscode.TreeItem`. */
class TreeItem {
  readonly label: unknown;
  readonly collapsibleState: number;

  constructor(label: unknown, collapsibleState = 0) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

/** `vscode.ThemeIcon`. */
class ThemeIcon {
  readonly id: string;
  readonly color: unknown;

  constructor(id: string, color?: unknown) {
    this.id = id;
    this.color = color;
  }
}

/** `vscode.ThemeColor`. */
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

function executeCommand(command: string): Promise<void> {
  if (command !== 'setContext') throw new Error(`The stand-in for VS Code does not run ${command}.`);
  return Promise.resolve();
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
  const loggedErrors: string[] = [];
  const logError = (message: unknown): void => {
    log(message);
    if (loggedErrors.length < maxErrors) loggedErrors.push(String(message).slice(0, maxErrorLength));
  };
  const nothing = (): void => undefined;
  const module = strict('vscode', {
    ...{ version: '1.139.1', EventEmitter, Disposable, TreeItem, ThemeIcon, ThemeColor },
    TreeItemCollapsibleState: strict('TreeItemCollapsibleState', { None: 0, Collapsed: 1, Expanded: 2 }),
    StatusBarAlignment: strict('StatusBarAlignment', { Left: 1, Right: 2 }),
    ExtensionKind: strict('ExtensionKind', { UI: 1, Workspace: 2 }),
    l10n: strict('l10n', { bundle: undefined, t: inEnglish }),
    env: strict('env', { language: 'en', appName: 'Bench', remoteName: undefined }),
    commands: strict('commands', { executeCommand, registerCommand: () => new Disposable(nothing) }),
    workspace: strict('workspace', {
      isTrusted: true,
      getConfiguration: (section: string) => configuration.section(section),
      onDidChangeConfiguration: configuration.onDidChange,
    }),
    window: strict('window', {
      createOutputChannel: () =>
        strict('OutputChannel', {
          ...{ trace: log, debug: log, info: log, warn: log, error: logError, dispose: nothing },
        }),
      createStatusBarItem: () => ({ show: nothing, hide: nothing, dispose: nothing }),
      createTreeView: (_id: string, { treeDataProvider }: { treeDataProvider: RowProvider }) =>
        (tree = new StandInTreeView(treeDataProvider)),
      registerWebviewPanelSerializer: () => new Disposable(nothing),
    }),
  });
  return { module, configuration, tree: () => tree, logLength: () => logLength, loggedErrors };
}
