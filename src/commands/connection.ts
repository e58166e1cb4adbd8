import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';
import { tell, withViewProgress } from '../host/notify.ts';
import { mayAnswer } from '../sandboxes/model/snapshot.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { nodeOf, sandboxTarget } from './target.ts';

/** Commands that connect, disconnect and look anew. */
export function connectionCommands(
  context: CommandContext,
): CommandFamily<
  'sandlight.connect' | 'sandlight.disconnect' | 'sandlight.restartConnection' | 'sandlight.refresh'
> {
  const { registry } = context;
  return {
    'sandlight.connect': async (target) => {
      const monitor = await sandboxTarget(
        context,
        target,
        (snapshot) => snapshot.connection.phase !== 'open' && mayAnswer(snapshot),
      );
      if (monitor === undefined) return;
      const { snapshot } = monitor;
      monitor.connect();
      if (mayAnswer(snapshot)) return;
      tell(
        l10n.t(
          '{0} is not running. Start it with the tool it belongs to; it is connected then.',
          snapshot.name,
        ),
      );
    },
    'sandlight.disconnect': async (target) => {
      const monitor = await sandboxTarget(context, target, ({ connection }) => connection.phase !== 'idle');
      monitor?.disconnect();
    },
    'sandlight.restartConnection': async (target) => {
      const monitor = await sandboxTarget(context, target, ({ connection }) => connection.phase === 'open');
      monitor?.reconnect();
    },
    'sandlight.refresh': async (target) => {
      const node = nodeOf(target);
      // A sandbox that was disconnected on purpose stays so.
      const wanted = registry.list().filter(({ connection }) => connection.phase !== 'idle');
      const ids = node === undefined ? wanted.map(({ id }) => id) : [node.sandboxId];
      const outcomes = await withViewProgress('sandlight.sandboxes', () =>
        Promise.allSettled(ids.map((id) => registry.monitor(id)?.refresh() ?? Promise.resolve())),
      );
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
      const [first] = failures;
      if (first === undefined) return;
      const reason = AgentError.from(first.reason, 'connection_closed');
      if (failures.length === 1) throw reason;
      throw new AgentError(
        reason.code,
        l10n.t('{0} sandboxes could not be refreshed. The first: {1}', failures.length, reason.message),
        { cause: reason },
      );
    },
  };
}
