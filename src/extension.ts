import { hostname } from 'node:os';
import * as vscode from 'vscode';
import type { connectAgent } from './agent/connect.ts';
import { restorePortGrouping } from './commands/port-grouping.ts';
import { registerCommands } from './commands/register.ts';
import { createApi, type SandlightApi } from './host/api.ts';
import { useEditorLanguage } from './host/language.ts';
import { SandboxSources } from './host/sandbox-sources.ts';
import { openLog } from './host/notify.ts';
import { readSettings } from './host/settings.ts';
import { LocalAgent } from './sandboxes/sources/local-agent.ts';
import { CallLog } from './sandboxes/watch/call-log.ts';
import { SandboxRegistry } from './sandboxes/watch/sandbox-registry.ts';
import type { Observe } from './sandboxes/watch/watch-session.ts';
import { syncClocksOnWake } from './sandboxes/watch/wake-clock-sync.ts';
import { DetailsPanels } from './views/details/details-panels.ts';
import { placeText } from './views/place.ts';
import { StatusBar } from './views/status-bar.ts';
import { SandboxTree } from './views/tree/sandbox-tree.ts';

/** Builds everything, connects it, and returns; whatever takes time happens afterwards. */
export function activate(context: vscode.ExtensionContext): SandlightApi {
  useEditorLanguage();
  const log = openLog();
  const { logger } = log;
  const place = placeText(vscode.env.remoteName, hostname());
  const calls = new CallLog();
  const registry = new SandboxRegistry({ connect, logger, calls, observe });
  const localAgent = new LocalAgent(logger);
  const tree = new SandboxTree(registry, place);
  const statusBar = new StatusBar(registry, 'sandlight.showMenu', place);
  restorePortGrouping({ tree, memory: context.globalState });
  const details = new DetailsPanels({ registry, extensionUri: context.extensionUri, place });
  const sources = new SandboxSources({
    ...{ registry, localAgent, logger, cliPath: context.asAbsolutePath('dist/cli.js') },
    onProblems: (problems) => {
      tree.setProblems(problems);
    },
  });
  context.subscriptions.push(
    ...[log, registry, localAgent, tree, statusBar, details, sources],
    registry.onDidChange((change) => {
      tree.update(change);
      statusBar.update(change);
      details.update(change);
    }),
    tree.view.onDidChangeVisibility(({ visible }) => {
      registry.setOnlooker('tree', () => visible);
    }),
    syncClocksOnWake(registry, () => readSettings().clockSyncOnWake, logger),
    registerCommands({
      ...{ extension: context.extension, registry, calls, localAgent, tree, log },
      memory: context.globalState,
      startLocalAgent: () => {
        sources.startLocalAgent();
      },
      showDetails: (sandboxId) => {
        details.show(sandboxId);
      },
    }),
  );
  registry.setOnlooker('tree', () => tree.view.visible);
  sources.start();
  return createApi({ registry, tree, statusBar, details });
}

/** Connects by what the first connection loads. */
const connect: typeof connectAgent = async (endpoint, options) =>
  (await import('./agent/connect.ts')).connectAgent(endpoint, options);

/** Only microsandbox leaves something where its host can read it. */
const observe: Observe = async (spec) =>
  spec.source === 'microsandbox'
    ? (await import('./sandboxes/sources/microsandbox/observe.ts')).observeFromHost(spec)
    : undefined;
