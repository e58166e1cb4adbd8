import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

/** The command that shows one sandbox closely. */
export function detailsCommands(context: CommandContext): CommandFamily<'sandlight.showDetails'> {
  return {
    'sandlight.showDetails': async (target) => {
      const monitor = await sandboxTarget(context, target);
      if (monitor !== undefined) context.showDetails(monitor.snapshot.id);
    },
  };
}
