import type * as vscode from 'vscode';
import { EventEmitter } from './emitter.ts';
import { strict } from './strict.ts';

/** The user's settings, by their full names; there are no others. */
export class Configuration {
  readonly #values = new Map<string, unknown>();
  readonly #changes = new EventEmitter<vscode.ConfigurationChangeEvent>();
  readonly onDidChange = this.#changes.event;

  constructor(values: Readonly<Record<string, unknown>>) {
    for (const [key, value] of Object.entries(values)) this.#values.set(key, value);
  }

  /** Sets one value, as a user does. */
  set(key: string, value: unknown): void {
    this.#values.set(key, value);
    this.#changes.fire({
      affectsConfiguration: (section) => key === section || key.startsWith(`${section}.`),
    });
  }

  /** What `vscode.workspace.getConfiguration` returns. */
  section(section: string): vscode.WorkspaceConfiguration {
    return strict<vscode.WorkspaceConfiguration>('WorkspaceConfiguration', {
      inspect: <T>(key: string) => {
        const name = `${section}.${key}`;
        const globalValue = this.#values.get(name) as T | undefined;
        return { key: name, ...(globalValue !== undefined && { globalValue }) };
      },
    });
  }
}
