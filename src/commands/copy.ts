import * as l10n from '../base/l10n.ts';
import { formatEndpoint } from '../agent/endpoint.ts';
import { pick, tell } from '../host/notify.ts';
import type { TreeNode } from '../views/tree/node.ts';
import { copyText } from './clipboard.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { portCommands } from './ports.ts';
import { isKey, rowOf, sandboxTarget } from './target.ts';

/** Commands that copy what a row stands for. */
export function copyCommands(
  context: CommandContext,
): CommandFamily<'sandlight.copyEndpoint' | 'sandlight.copyRow'> {
  const { tree } = context;
  return {
    'sandlight.copyEndpoint': async (target) => {
      const monitor = await sandboxTarget(context, target);
      if (monitor !== undefined) await copyText(formatEndpoint(monitor.snapshot.endpoint));
    },
    'sandlight.copyRow': async (target) => {
      const node = (await rowOf(context, target)) ?? (isKey(target) ? undefined : await pickRow(context));
      if (node === undefined) return;
      // Where the person sits, a port may be reached by another address than the row's.
      if (node.kind === 'port') return portCommands(context)['sandlight.copyPortAddress'](node);
      const text = tree.row(node)?.copy;
      if (text === undefined) tell(l10n.t('This row is gone.'));
      else await copyText(text);
    },
  };
}

/** Has the person choose a sandbox, then one of its rows. */
async function pickRow(context: CommandContext): Promise<TreeNode | undefined> {
  const monitor = await sandboxTarget(context, undefined);
  if (monitor === undefined) return undefined;
  const { tree } = context;
  const rows = tree.nodes().filter(({ sandboxId }) => sandboxId === monitor.snapshot.id);
  return pick(
    l10n.t('What shall be copied?'),
    rows.flatMap((node) => {
      const row = tree.row(node);
      return row === undefined ? [] : [{ label: row.label, description: row.copy, value: node }];
    }),
  );
}
