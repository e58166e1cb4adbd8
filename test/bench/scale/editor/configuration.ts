import { EventEmitter } from './emitter.ts';
import { strict } from './strict.ts';

/** `vscode.ConfigurationChangeEvent`. */
export interface ConfigurationChange {
  affectsConfiguration(section: string): boolean;
}

/** The part of `vscode.WorkspaceConfiguration` that the extension uses. */
export interface ConfigurationSection {
  inspect(key: string): { readonly key: string; readonly globalValue?: unknown };
}

/** The user's settings, by their full names; there are no others. */
export class Configuration {
  readonly #values: Map<string, unknown>;
  readonly #changes = new EventEmitter<ConfigurationChange>();
  readonly onDidChange = this.#changes.event;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = new Map(Object.entries(values));
  }

  /** Sets one value, as a user does. */
  set(key: string, value: unknown): void {
    this.#values.set(key, value);
    this.#changes.fire({
      affectsConfiguration: (section) => key === section || key.startsWith(`${section}.`),
    });
  }

  /** What `vscode.workspace.getConfiguration` returns. */
  section(section: string): ConfigurationSection {
    return strict<ConfigurationSection>('WorkspaceConfiguration', {
      inspect: (key) => ({ key: `${section}.${key}`, globalValue: this.#values.get(`${section}.${key}`) }),
    });
  }
}
