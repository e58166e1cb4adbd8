import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { nodeOf, sandboxTarget } from './target.ts';

/** Commands that connect, disconnect and look anew. */
export function connectionCommands(
  context: CommandContext,
): CommandFamily<'sandlight.connect' | 'sandlight.disconnect' | 'sandlight.refresh'> {
  const { registry } = context;
  return {
    'sandlight.connect': async (target) => {
      const monitor = await sandboxTarget(context, target, ({ connection }) => connection.phase !== 'open');
      monitor?.connect();
    },
    'sandlight.disconnect': async (target) => {
      const monitor = await sandboxTarget(context, target, ({ connection }) => connection.phase !== 'idle');
      monitor?.disconnect();
    },
    'sandlight.refresh': async (target) => {
      const node = nodeOf(target);
      // A sandbox that was disconnected on purpose stays so.
      const wanted = registry.list().filter(({ connection }) => connection.phase !== 'idle');
      const ids = node === undefined ? wanted.map(({ id }) => id) : [node.sandboxId];
      const outcomes = await vscode.window.withProgress({ location: { viewId: 'sandlight.sandboxes' } }, () =>
        Promise.allSettled(ids.map((id) => registry.monitor(id)?.refresh() ?? Promise.resolve())),
      );
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
      const [first] = failures;
      if (first === undefined) return;
      if (failures.length === 1) throw first.reason;
      throw new Error(l10n.t('{0} sandboxes could not be refreshed.', failures.length), {
        cause: first.reason,
      });
    },
  };
}
