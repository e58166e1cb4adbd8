import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { plain } from '../base/text.ts';
import { pick, type Choice, type Heading } from '../host/notify.ts';
import { mayAnswer } from '../sandboxes/model/snapshot.ts';
import { worstSandbox } from '../views/status-text.ts';
import { sandboxNodeId } from '../views/tree/sandbox.ts';
import type { TreeNode } from '../views/tree/node.ts';
import type { CommandId } from './command-ids.ts';
import type { CommandContext, CommandFamily } from './context.ts';

type MenuItem = Choice<() => Thenable<unknown>> | Heading;

/** The menu behind the status item, and the search of the tree. */
export function menuCommands(
  context: CommandContext,
): CommandFamily<'sandlight.showMenu' | 'sandlight.find' | 'sandlight.showLog'> {
  return {
    'sandlight.showMenu': async () => {
      const run = await pick(plain`Sandlight`, menuItems(context));
      await run?.();
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

function menuItems({ registry, tree }: CommandContext): readonly MenuItem[] {
  const run = (id: CommandId, target?: TreeNode) => () => vscode.commands.executeCommand(id, target);
  const sandbox = worstSandbox(registry.list());
  const general: MenuItem[] = [
    { icon: 'refresh', label: l10n.t('Refresh'), value: run('sandlight.refresh') },
    { icon: 'add', label: l10n.t('Add Sandbox…'), value: run('sandlight.addSandbox') },
    { icon: 'output', label: l10n.t('Show Log'), value: run('sandlight.showLog') },
    { icon: 'clippy', label: l10n.t('Copy Diagnostics'), value: run('sandlight.copyDiagnostics') },
  ];
  if (sandbox === undefined) return general;
  const { id: sandboxId, connection, capabilities } = sandbox;
  const node: TreeNode = { kind: 'sandbox', id: sandboxNodeId(sandboxId), sandboxId };
  const isOpen = connection.phase === 'open';
  const own: (MenuItem | false)[] = [
    { heading: sandbox.name },
    {
      icon: 'list-tree',
      label: l10n.t('Show in Side Bar'),
      value: () => tree.reveal(sandboxId),
    },
    isOpen &&
      capabilities.has('ensure_runtime') && {
        icon: 'play',
        label: l10n.t('Ensure Runtime'),
        value: run('sandlight.ensureRuntime', node),
      },
    isOpen && { icon: 'pulse', label: l10n.t('Ping'), value: run('sandlight.ping', node) },
    isOpen &&
      capabilities.has('sync_clock') && {
        icon: 'watch',
        label: l10n.t('Sync Clock'),
        value: run('sandlight.syncClock', node),
      },
    { icon: 'info', label: l10n.t('Show Details'), value: run('sandlight.showDetails', node) },
    isOpen && {
      icon: 'circle-slash',
      label: l10n.t('Disconnect'),
      value: run('sandlight.disconnect', node),
    },
    !isOpen &&
      mayAnswer(sandbox) && {
        icon: 'plug',
        label: l10n.t('Connect'),
        value: run('sandlight.connect', node),
      },
    { heading: plain`Sandlight` },
  ];
  return [...own.filter((item) => item !== false), ...general];
}
