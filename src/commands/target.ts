import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import type { SandboxMonitor } from '../sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { inert } from '../views/plain-text.ts';
import { sandboxLook } from '../views/readiness-look.ts';
import type { TreeNode } from '../views/tree/node.ts';
import { hostAddress } from '../views/tree/ports.ts';
import type { CommandContext } from './context.ts';

/** A row with a published port. */
export type PortNode = Extract<TreeNode, { kind: 'port' }>;

/** The row a command was called on; `undefined` from the palette, a keybinding or another extension. */
export function nodeOf(target: unknown): TreeNode | undefined {
  const isNode = typeof target === 'object' && target !== null && 'kind' in target && 'sandboxId' in target;
  return isNode ? (target as TreeNode) : undefined;
}

/**
 * The sandbox a command is meant for: the row's, else the only fitting one, else the one the user picks. `undefined` when
 * the user picks none or, which is then said, when none fits.
 */
export async function sandboxTarget(
  { registry }: CommandContext,
  target: unknown,
  fits: (snapshot: SandboxSnapshot) => boolean = () => true,
): Promise<SandboxMonitor | undefined> {
  const node = nodeOf(target);
  if (node !== undefined) return registry.monitor(node.sandboxId);
  const fitting = registry.list().filter(fits);
  const [first] = fitting;
  if (first === undefined) {
    void vscode.window.showInformationMessage(l10n.t('No sandbox can do this right now.'));
    return undefined;
  }
  if (fitting.length === 1) return registry.monitor(first.id);
  const items = fitting.map((snapshot) => ({
    label: inert(snapshot.name),
    description: sandboxLook(snapshot).word,
    id: snapshot.id,
  }));
  const choice = await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Which sandbox?') });
  return choice && registry.monitor(choice.id);
}

/** The port a command is meant for: the row's, else the one the user picks. */
export async function portTarget(
  context: CommandContext,
  target: unknown,
  fits: (node: PortNode) => boolean = () => true,
): Promise<PortNode | undefined> {
  const node = nodeOf(target);
  if (node?.kind === 'port') return node;
  const items = context.tree
    .nodes()
    .filter((candidate) => candidate.kind === 'port')
    .filter(fits)
    .map((port) => ({
      label: `${port.binding.containerPort} → ${hostAddress(port.binding)}`,
      description: inert(context.registry.get(port.sandboxId)?.name ?? ''),
      detail: port.containerId.slice(0, 12),
      port,
    }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No container publishes such a port.'));
    return undefined;
  }
  const choice = await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Which port?') });
  return choice?.port;
}
