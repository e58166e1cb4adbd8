import * as l10n from '../base/l10n.ts';
import { joined } from '../base/text.ts';
import { pick, tell } from '../host/notify.ts';
import type { SandboxMonitor } from '../sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../views/appearance.ts';
import type { TreeNode } from '../views/tree/node.ts';
import { portLabel, shortContainerId } from '../views/tree/ports.ts';
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
    tell(l10n.t('No sandbox can do this right now.'));
    return undefined;
  }
  if (fitting.length === 1) return registry.monitor(first.id);
  const id = await pick(
    l10n.t('Which sandbox?'),
    fitting.map((snapshot) => ({
      label: snapshot.name,
      description: sandboxAppearance(snapshot).word,
      value: snapshot.id,
    })),
  );
  return id === undefined ? undefined : registry.monitor(id);
}

/** The port a command is meant for: the row's, else the one the user picks. */
export async function portTarget(
  context: CommandContext,
  target: unknown,
  fits: (node: PortNode) => boolean = () => true,
): Promise<PortNode | undefined> {
  const node = nodeOf(target);
  if (node?.kind === 'port') {
    // The row as it is, whatever the caller says of it: what follows may open a browser.
    const known = context.tree.current(node);
    if (known?.kind === 'port') return known;
    tell(l10n.t('This port is no longer published.'));
    return undefined;
  }
  const choices = context.tree
    .nodes()
    .filter((candidate) => candidate.kind === 'port')
    .filter(fits)
    .map((port) => ({
      label: portLabel(port.binding),
      description: context.registry.get(port.sandboxId)?.name ?? joined([], ''),
      detail: shortContainerId(port.containerId),
      value: port,
    }));
  if (choices.length === 0) {
    tell(l10n.t('No container publishes such a port.'));
    return undefined;
  }
  return pick(l10n.t('Which port?'), choices);
}
