import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startCpuMeter } from '../meters.ts';
import { strict } from './strict.ts';
import type { StandInTreeView } from './tree-view.ts';
import { createStandIn } from './vscode.ts';

/** The built extension, activated in this process. */
export interface OpenExtension {
  readonly tree: StandInTreeView;
  /** Processor time of loading it and of its `activate`, until that returned. */
  readonly startCpuMs: number;
  /** Replaces the setting `sandlight.sandboxes`, as a user does. */
  readonly setSandboxes: (sandboxes: readonly unknown[]) => void;
  /** Characters that were written to the log. */
  readonly logLength: () => number;
  /** The beginnings of the first errors in the log. */
  readonly loggedErrors: readonly string[];
}

interface ExtensionModule {
  activate(context: object): unknown;
}

/** Only what is configured is shown: this machine may have sandboxes of its own. */
const settings = {
  'sandlight.sandboxes': [],
  'sandlight.localAgent.autoStart': false,
  'sandlight.discovery.microsandbox': false,
  'sandlight.discovery.arcbox': false,
};

/**
 * Activates the extension that was built in `projectFolder`. `require('vscode')` must find a module that is
 * `globalThis.vscodeStandIn`.
 */
export async function openExtension(projectFolder: string): Promise<OpenExtension> {
  const require = createRequire(join(projectFolder, 'package.json'));
  const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { main: string };
  const { module, configuration, tree, logLength, loggedErrors } = createStandIn(settings);
  Object.assign(globalThis, { vscodeStandIn: module });
  const context = strict('ExtensionContext', {
    subscriptions: [],
    extensionUri: strict('Uri', { fsPath: projectFolder, path: projectFolder }),
    extensionPath: projectFolder,
    asAbsolutePath: (path: string) => join(projectFolder, path),
    extension: strict('Extension', { packageJSON: manifest }),
    globalState: strict('Memento', { get: () => undefined }),
  });
  const cpu = startCpuMeter();
  const extension = require(join(projectFolder, manifest.main)) as ExtensionModule;
  await extension.activate(context);
  const startCpuMs = cpu();
  const view = tree();
  if (view === undefined) throw new Error('The extension made no tree view.');
  return {
    ...{ tree: view, startCpuMs, logLength, loggedErrors },
    setSandboxes: (sandboxes) => {
      configuration.set('sandlight.sandboxes', sandboxes);
    },
  };
}
