import { AgentError } from '../../agent/errors.ts';
import { plain, quoted } from '../../base/text.ts';
import { commonOptions, maxArgumentLength } from '../arguments.ts';
import { printResult, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { commandText, overviewText } from '../help.ts';

/** `help`: what `--help` prints, of everything or of one command. */
export const helpCommand: Command = {
  name: plain`help`,
  summary: plain`tell of all commands, or more of one`,
  arguments: [{ name: plain`COMMAND`, isOptional: true, completes: 'command' }],
  options: {},
  run(context) {
    const [name] = context.line.positionals;
    const command = context.commands.find((row) => row.name === name);
    if (name !== undefined && command === undefined) {
      throw new AgentError('usage', plain`${quoted(name, maxArgumentLength)} is not a command.`);
    }
    const text = command === undefined ? overviewText(context.commands) : commandText(command, commonOptions);
    printResult(context, text, text);
    return Promise.resolve(exitCodes.done);
  },
};
