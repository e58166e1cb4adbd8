import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { inert } from '../views/plain-text.ts';
import { worstSandbox } from '../views/status-text.ts';
import { sandboxNodeId } from '../views/tree/sandbox.ts';
import type { TreeNode } from '../views/tree/node.ts';
import type { CommandId } from './command-ids.ts';
import type { CommandContext, CommandFamily } from './context.ts';

interface MenuItem extends vscode.QuickPickItem {
  readonly run?: () => Thenable<unknown>;
}

/** The menu behind the status item, and the search of the tree. */
export function menuCommands(
  context: CommandContext,
): CommandFamily<'sandlight.showMenu' | 'sandlight.find' | 'sandlight.showLog'> {
  return {
    'sandlight.showMenu': async () => {
      const choice = await vscode.window.showQuickPick(menuItems(context), { placeHolder: 'Sandlight' });
      await choice?.run?.();
    },
    'sandlight.find': async () => {
      await vscode.commands.executeCommand('sandlight.sandboxes.focus');
      await vscode.commands.executeCommand('list.find');
    },
    'sandlight.showLog': () => {
      context.log.show();
    },
  };
}

function menuItems({ registry, tree }: CommandContext): MenuItem[] {
  const run = (id: CommandId, target?: TreeNode) => () => vscode.commands.executeCommand(id, target);
  const sandbox = worstSandbox(registry.list());
  const general: MenuItem[] = [
    { label: `$(refresh) ${l10n.t('Refresh')}`, run: run('sandlight.refresh') },
    { label: `$(add) ${l10n.t('Add Sandbox…')}`, run: run('sandlight.addSandbox') },
    { label: `$(output) ${l10n.t('Show Log')}`, run: run('sandlight.showLog') },
    { label: `$(clippy) ${l10n.t('Copy Diagnostics')}`, run: run('sandlight.copyDiagnostics') },
  ];
  if (sandbox === undefined) return general;
  const { id: sandboxId, connection, capabilities } = sandbox;
  const node: TreeNode = { kind: 'sandbox', id: sandboxNodeId(sandboxId), sandboxId };
  const isOpen = connection.phase === 'open';
  const own: (MenuItem | false)[] = [
    { label: inert(sandbox.name), kind: vscode.QuickPickItemKind.Separator },
    {
      label: `$(list-tree) ${l10n.t('Show in Side Bar')}`,
      run: () => tree.reveal(sandboxId),
    },
    isOpen &&
      capabilities.has('ensure_runtime') && {
        label: `$(play) ${l10n.t('Ensure Runtime')}`,
        run: run('sandlight.ensureRuntime', node),
      },
    isOpen && { label: `$(pulse) ${l10n.t('Ping')}`, run: run('sandlight.ping', node) },
    isOpen &&
      capabilities.has('sync_clock') && {
        label: `$(watch) ${l10n.t('Sync Clock')}`,
        run: run('sandlight.syncClock', node),
      },
    { label: `$(info) ${l10n.t('Show Details')}`, run: run('sandlight.showDetails', node) },
    isOpen
      ? {
          label: `$(debug-disconnect) ${l10n.t('Disconnect')}`,
          run: run('sandlight.disconnect', node),
        }
      : { label: `$(plug) ${l10n.t('Connect')}`, run: run('sandlight.connect', node) },
    { label: 'Sandlight', kind: vscode.QuickPickItemKind.Separator },
  ];
  return [...own.filter((item) => item !== false), ...general];
}
