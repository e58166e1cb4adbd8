import { clockCommands } from './clock.ts';
import type { CommandId } from './command-ids.ts';
import { connectionCommands } from './connection.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { copyCommands } from './copy.ts';
import { detailsCommands } from './details.ts';
import { diagnosticsCommands } from './diagnostics.ts';
import { localAgentCommands } from './local-agent.ts';
import { menuCommands } from './menu.ts';
import { pingCommands } from './ping.ts';
import { containerCommands } from './containers.ts';
import { portCommands } from './ports.ts';
import { portGroupingCommands } from './port-grouping.ts';
import { runtimeCommands } from './runtime.ts';
import { sandboxListCommands } from './sandbox-list.ts';

/** What every command does; forgetting one does not compile. */
export function commandHandlers(context: CommandContext): CommandFamily<CommandId> {
  return {
    ...connectionCommands(context),
    ...sandboxListCommands(context),
    ...runtimeCommands(context),
    ...pingCommands(context),
    ...clockCommands(context),
    ...portCommands(context),
    ...portGroupingCommands(context),
    ...containerCommands(context),
    ...copyCommands(context),
    ...detailsCommands(context),
    ...diagnosticsCommands(context),
    ...localAgentCommands(context),
    ...menuCommands(context),
  };
}
