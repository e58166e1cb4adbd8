import { AgentError } from '../../agent/errors.ts';
import { linkAbort } from '../../base/abort.ts';
import { joined, plain, quoted, type PlainText } from '../../base/text.ts';
import { maxArgumentLength } from '../arguments.ts';
import { candidatesFor, type Candidate } from '../candidates.ts';
import { printResult, type CliContext, type Command } from '../command.ts';
import { completionScripts } from '../completion-scripts.ts';
import { exitCodes } from '../exit-codes.ts';
import { lookForSandboxes } from '../known-sandboxes.ts';

/** How long a person who presses Tab waits for a source of sandboxes, in milliseconds. */
const patienceMs = 2000;

/** `completion SHELL`: the script that completes `sandlight` in that shell. */
export const completionCommand: Command = {
  name: plain`completion`,
  summary: plain`print a script for completion in a shell`,
  arguments: [{ name: plain`bash|zsh|fish`, completes: [...completionScripts.keys()] }],
  options: {},
  run(context) {
    const [shell = ''] = context.line.positionals;
    const script = [...completionScripts].find(([name]) => name === shell)?.[1];
    if (script === undefined) {
      const known = joined([...completionScripts.keys()], ', ');
      throw new AgentError('usage', plain`${quoted(shell, maxArgumentLength)} is none of ${known}.`);
    }
    printResult(context, script, script);
    return Promise.resolve(exitCodes.done);
  },
};

/** `complete -- WORD...`: what the last word may go on with, one a line, for the scripts. */
export const completeCommand: Command = {
  name: plain`complete`,
  summary: plain`print what the last word may go on with, for completion`,
  arguments: [],
  options: {},
  program: plain`WORD...`,
  async run(context) {
    const { line, commands } = context;
    const candidates = await candidatesFor(line.program, commands, () => sandboxNames(context));
    const lines = candidates.map(({ word, summary }) => (summary === '' ? word : plain`${word}\t${summary}`));
    if (line.json || lines.length > 0) printResult(context, candidates, joined(lines, '\n'));
    return exitCodes.done;
  },
};

async function sandboxNames({ interrupted, logger }: CliContext): Promise<readonly Candidate[]> {
  const patience = linkAbort([interrupted, AbortSignal.timeout(patienceMs)]);
  const { discovered, configured } = await lookForSandboxes(patience.signal, logger);
  patience.dispose();
  return [
    ...discovered.map(({ name, source, state }) => ({ word: name, summary: plain`${source}, ${state}` })),
    ...configured.map(({ name, source }) => ({ word: name, summary: plain`${source}` })),
  ].filter(({ word }) => isBareWord(word));
}

/** True for a name that every shell takes as one word without quotes; the others are not offered. */
function isBareWord(name: PlainText): boolean {
  return /^[\w.@%+,/][\w.@%+,/-]*$/.test(name);
}
