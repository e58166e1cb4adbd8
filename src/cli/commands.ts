import type { Command } from './command.ts';
import { agentCommand } from './commands/agent.ts';
import {
  ensureCommand,
  infoCommand,
  pingCommand,
  runtimeCommand,
  syncClockCommand,
  touchCommand,
} from './commands/calls.ts';
import { decodeCommand, encodeCommand } from './commands/captures.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { helpCommand } from './commands/help.ts';
import { listCommand } from './commands/list.ts';
import { statusCommand } from './commands/status.ts';
import { watchCommand } from './commands/watch.ts';

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  listCommand,
  statusCommand,
  watchCommand,
  ensureCommand,
  pingCommand,
  infoCommand,
  runtimeCommand,
  syncClockCommand,
  touchCommand,
  agentCommand,
  encodeCommand,
  decodeCommand,
  helpCommand,
  completionCommand,
  completeCommand,
];
