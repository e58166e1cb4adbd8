import type * as vscode from 'vscode';
import type { ExtensionLog } from '../host/notify.ts';
import type { CallLog } from '../sandboxes/watch/call-log.ts';
import type { LocalAgent } from '../sandboxes/sources/local-agent.ts';
import type { SandboxRegistry } from '../sandboxes/watch/sandbox-registry.ts';
import type { SandboxTree } from '../views/tree/sandbox-tree.ts';
import type { CommandId } from './command-ids.ts';

/** What commands act through. */
export interface CommandContext {
  readonly extension: vscode.Extension<unknown>;
  readonly registry: SandboxRegistry;
  readonly calls: CallLog;
  readonly localAgent: LocalAgent;
  readonly tree: SandboxTree;
  readonly log: ExtensionLog;
  /** Remembers answers across windows. */
  readonly memory: vscode.Memento;
  /** Starts the bundled agent as the settings say. */
  readonly startLocalAgent: () => void;
  readonly showDetails: (sandboxId: string) => void;
}

/** Runs a command; `target` is the row it was called on, if any. */
export type CommandHandler = (target: unknown) => Promise<void> | void;

/** The handlers of one family of commands. */
export type CommandFamily<Id extends CommandId> = Readonly<Record<Id, CommandHandler>>;
