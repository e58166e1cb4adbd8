import * as l10n from '../base/l10n.ts';
import { joined, plain } from '../base/text.ts';
import { flash, pick, tell } from '../host/notify.ts';
import type { SandboxMonitor } from '../sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../views/appearance.ts';
import type { TreeNode } from '../views/tree/node.ts';
import { portLabel } from '../views/tree/port-row.ts';
import { containerDetail, containerFinder } from './container-finder.ts';
import type { CommandContext } from './context.ts';

/** A row with a published port. */
export type PortNode = Extract<TreeNode, { kind: 'port' }>;

/** The row a command was called on; `undefined` from the palette, a keybinding or another extension. */
export function nodeOf(target: unknown): TreeNode | undefined {
  const isNode = typeof target === 'object' && target !== null && 'kind' in target && 'sandboxId' in target;
  return isNode ? (target as TreeNode) : undefined;
}

/**
 * True for what the key bindings of the view have as their `args`. Such a key is meant for the row that has the keyboard,
 * and for nothing where that row is of another kind.
 */
export function isKey(target: unknown): boolean {
  return target === 'focusedRow';
}

/** The row a command is about: the one it was called on, else the focused one for a key, else the selected one. */
export async function rowOf(
  { tree }: Pick<CommandContext, 'tree'>,
  target: unknown,
): Promise<TreeNode | undefined> {
  if (isKey(target)) await tree.selectFocused();
  return nodeOf(target) ?? tree.selected();
}

/**
 * The sandbox a command is meant for: that of the row it was called on, else that of the selected row if it fits, else the
 * only fitting one where none is selected, else the one the user picks. `undefined` when the user picks none or, which is
 * then said, when none fits.
 */
export async function sandboxTarget(
  context: CommandContext,
  target: unknown,
  fits: (snapshot: SandboxSnapshot) => boolean = () => true,
): Promise<SandboxMonitor | undefined> {
  const { registry } = context;
  const node = await rowOf(context, target);
  const own = node && registry.monitor(node.sandboxId);
  if (nodeOf(target) !== undefined) return own;
  if (own !== undefined && fits(own.snapshot) && (!isKey(target) || node?.kind === 'sandbox')) return own;
  if (isKey(target)) {
    flash(l10n.t('The selected row cannot do this.'));
    return undefined;
  }
  const fitting = registry.list().filter(fits);
  const [first] = fitting;
  if (first === undefined) {
    tell(l10n.t('No sandbox can do this right now.'));
    return undefined;
  }
  // Another one than the selected is never taken unasked.
  if (fitting.length === 1 && own === undefined) return registry.monitor(first.id);
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

/**
 * The port a command is meant for: the row's, else the selected one, else the one the user picks; below the row of a
 * sandbox that the command was called on, only of that sandbox.
 */
export async function portTarget(
  context: CommandContext,
  target: unknown,
  fits: (node: PortNode) => boolean = () => true,
): Promise<PortNode | undefined> {
  const node = await rowOf(context, target);
  if (node?.kind === 'port' && (nodeOf(target) !== undefined || fits(node))) {
    // The row as it is, whatever the caller says of it: what follows may open a browser.
    const known = context.tree.current(node);
    if (known?.kind === 'port') return known;
    tell(l10n.t('This port is no longer published.'));
    return undefined;
  }
  if (isKey(target)) return undefined;
  const find = containerFinder(context);
  const owner = nodeOf(target)?.sandboxId;
  const choices = context.tree
    .nodes()
    .filter((candidate) => candidate.kind === 'port')
    .filter((port) => (owner === undefined || port.sandboxId === owner) && fits(port))
    .map((port) => {
      const container = find(port);
      const name = context.registry.get(port.sandboxId)?.name;
      return {
        label: portLabel(container, port.binding),
        description: joined(
          [plain`→ ${port.binding.containerPort}`, ...(name === undefined ? [] : [name])],
          ' · ',
        ),
        detail: containerDetail(container),
        value: port,
      };
    });
  if (choices.length === 0) {
    tell(l10n.t('No container publishes such a port.'));
    return undefined;
  }
  return pick(l10n.t('Which port?'), choices);
}
