import * as vscode from 'vscode';
import { AgentError, messageOf } from '../agent/errors.ts';
import { plain, plainText } from '../base/text.ts';
import { offerLog } from '../host/notify.ts';
import { commandIds, type CommandId } from './command-ids.ts';
import type { CommandContext, CommandFamily } from './context.ts';

/** Longest trace of a defect of ours that is logged, in characters. */
const maxTraceLength = 4000;

/** Registers every command. What they do is loaded by the first one that is run. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  let handlers: Promise<CommandFamily<CommandId>> | undefined;
  return vscode.Disposable.from(
    ...commandIds.map((id) =>
      vscode.commands.registerCommand(id, async (target: unknown) => {
        try {
          handlers ??= import('./handlers.ts').then(({ commandHandlers }) => commandHandlers(context));
          await (await handlers)[id](target);
          context.log.logger.info(plain`${plainText(id, 100)}: done`);
        } catch (error) {
          await showFailure(context, id, error);
        }
      }),
    ),
  );
}

/** Answers a command that failed with one sentence; a command that its user cancelled needs none. */
async function showFailure({ log }: CommandContext, id: CommandId, error: unknown): Promise<void> {
  if (error instanceof AgentError && error.code === 'cancelled') {
    log.logger.info(plain`${plainText(id, 100)}: cancelled`);
    return;
  }
  const message = messageOf(error);
  const isOurs = !(error instanceof AgentError) && error instanceof Error;
  const detail = isOurs ? plainText(error.stack ?? error.message, maxTraceLength) : message;
  log.logger.error(plain`${plainText(id, 100)}: ${detail}`);
  await offerLog(message, log);
}
