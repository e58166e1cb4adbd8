import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { joined, plain, type PlainText } from '../base/text.ts';
import { pick, type Choice, type Heading } from '../host/notify.ts';
import { mayAnswer, type SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../views/appearance.ts';
import { attentionOf, sandboxIcon } from '../views/attention.ts';
import { worstSandbox } from '../views/status-text.ts';
import { sandboxNodeId } from '../views/tree/sandbox.ts';
import type { TreeNode } from '../views/tree/node.ts';
import type { CommandId } from './command-ids.ts';
import type { CommandContext, CommandFamily } from './context.ts';

type MenuItem = Choice<() => Thenable<unknown>> | Heading;

/** Ports that the menu names; the others are counted. */
export const maxMenuPorts = 20;

/** The menu behind the status item, and the search of the tree. */
export function menuCommands(
  context: CommandContext,
): CommandFamily<'sandlight.showMenu' | 'sandlight.find' | 'sandlight.showLog'> {
  return {
    'sandlight.showMenu': async () => {
      await showMenu(context, worstSandbox(context.registry.list()));
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

const run = (id: CommandId, target?: TreeNode) => () => vscode.commands.executeCommand(id, target);

async function showMenu(context: CommandContext, sandbox: SandboxSnapshot | undefined): Promise<void> {
  const own = sandbox === undefined ? [] : ownItems(context, sandbox);
  const choice = await pick(plain`Sandlight`, [...own, ...generalItems(context, sandbox !== undefined)]);
  await choice?.();
}

function generalItems({ registry }: CommandContext, hasSandbox: boolean): readonly MenuItem[] {
  return [
    ...(hasSandbox ? [{ heading: plain`Sandlight` }] : []),
    ...(registry.ids().length > 0
      ? [{ icon: 'refresh', label: l10n.t('Refresh'), value: run('sandlight.refresh') }]
      : []),
    { icon: 'add', label: l10n.t('Add Sandbox…'), value: run('sandlight.addSandbox') },
    { icon: 'output', label: l10n.t('Show Log'), value: run('sandlight.showLog') },
    { icon: 'clippy', label: l10n.t('Copy Diagnostics'), value: run('sandlight.copyDiagnostics') },
  ];
}

/** What one sandbox offers: its actions, its ports, and the way to another one. */
function ownItems(context: CommandContext, sandbox: SandboxSnapshot): readonly MenuItem[] {
  const { registry, tree } = context;
  const { id: sandboxId, name, connection, capabilities } = sandbox;
  const node: TreeNode = { kind: 'sandbox', id: sandboxNodeId(sandboxId), sandboxId };
  const isOpen = connection.phase === 'open';
  const items: (MenuItem | false)[] = [
    { heading: joined([name, sandboxAppearance(sandbox).word], ' · ') },
    registry.ids().length > 1 && {
      icon: 'list-selection',
      label: l10n.t('Choose Another Sandbox…'),
      value: () => chooseSandbox(context),
    },
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
  ];
  return [...items.filter((item) => item !== false), ...portItems(context, sandboxId)];
}

/** The published ports of a sandbox, as their rows tell them. */
function portItems({ tree }: CommandContext, sandboxId: string): readonly MenuItem[] {
  const ports = tree.nodes().filter((node) => node.kind === 'port' && node.sandboxId === sandboxId);
  if (ports.length === 0) return [];
  const left = ports.length - maxMenuPorts;
  const items = ports.slice(0, maxMenuPorts).flatMap((node): readonly MenuItem[] => {
    const row = tree.row(node);
    if (row === undefined) return [];
    const { label, description } = row;
    return [{ icon: 'plug', label, description, value: () => actOnPort(node, label) }];
  });
  const rest: MenuItem = {
    icon: 'ellipsis',
    label: l10n.t('and {0} more', left),
    value: () => tree.reveal(sandboxId),
  };
  return [{ heading: l10n.t('Ports') }, ...items, ...(left > 0 ? [rest] : [])];
}

async function actOnPort(node: TreeNode, label: PlainText): Promise<void> {
  const isTcp = node.kind === 'port' && node.binding.protocol === 'tcp';
  const choice = await pick(label, [
    ...(isTcp
      ? [{ icon: 'globe', label: l10n.t('Open in Browser'), value: run('sandlight.openPort', node) }]
      : []),
    { icon: 'clippy', label: l10n.t('Copy Address'), value: run('sandlight.copyPortAddress', node) },
  ]);
  await choice?.();
}

async function chooseSandbox(context: CommandContext): Promise<void> {
  const chosen = await pick(
    l10n.t('Which sandbox?'),
    context.registry.list().map((snapshot) => {
      const attention = attentionOf(snapshot);
      const { word } = sandboxAppearance(snapshot);
      return {
        icon: sandboxIcon(snapshot, attention).id,
        label: snapshot.name,
        description: joined([word, ...(attention.reason === '' ? [] : [attention.reason])], ' · '),
        value: snapshot,
      };
    }),
  );
  if (chosen !== undefined) await showMenu(context, context.registry.get(chosen.id));
}
