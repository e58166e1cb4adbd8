import * as vscode from 'vscode';
import { AgentError, messageOf } from '../agent/errors.ts';
import { plain, plainText } from '../base/text.ts';
import { offerLog } from '../host/notify.ts';
import { clockCommands } from './clock.ts';
import { commandIds, type CommandId } from './command-ids.ts';
import { connectionCommands } from './connection.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { detailsCommands } from './details.ts';
import { diagnosticsCommands } from './diagnostics.ts';
import { localAgentCommands } from './local-agent.ts';
import { menuCommands } from './menu.ts';
import { pingCommands } from './ping.ts';
import { portCommands } from './ports.ts';
import { runtimeCommands } from './runtime.ts';
import { sandboxListCommands } from './sandbox-list.ts';

/** Longest trace of a defect of ours that is logged, in characters. */
const maxTraceLength = 4000;

/** Registers every command; forgetting one does not compile. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  const handlers: CommandFamily<CommandId> = {
    ...connectionCommands(context),
    ...sandboxListCommands(context),
    ...runtimeCommands(context),
    ...pingCommands(context),
    ...clockCommands(context),
    ...portCommands(context),
    ...detailsCommands(context),
    ...diagnosticsCommands(context),
    ...localAgentCommands(context),
    ...menuCommands(context),
  };
  return vscode.Disposable.from(
    ...commandIds.map((id) =>
      vscode.commands.registerCommand(id, async (target: unknown) => {
        try {
          await handlers[id](target);
        } catch (error) {
          await showFailure(context, id, error);
        }
      }),
    ),
  );
}

/** Answers a command that failed with one sentence; a command that its user cancelled needs none. */
async function showFailure({ log }: CommandContext, id: CommandId, error: unknown): Promise<void> {
  if (error instanceof AgentError && error.code === 'cancelled') return;
  const message = messageOf(error);
  const isOurs = !(error instanceof AgentError) && error instanceof Error;
  const detail = isOurs ? plainText(error.stack ?? error.message, maxTraceLength) : message;
  log.logger.error(plain`${plainText(id, 100)}: ${detail}`);
  await offerLog(message, log);
}
