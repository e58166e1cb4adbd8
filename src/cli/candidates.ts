import { plain, plainText, type PlainText } from '../base/text.ts';
import { commonOptions, optionBefore, splitAtTerminator } from './arguments.ts';
import type { Command, Completion } from './command.ts';

/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly word: PlainText;
  /** Empty where there is nothing to say. */
  readonly summary: PlainText;
}

const summaryless = (word: PlainText): Candidate => ({ word, summary: plain`` });

/**
 * What the last of the words after `sandlight` may go on with. Empty where only files fit, or anything. `names` looks for
 * sandboxes, and is asked only where one may stand.
 */
export async function candidatesFor(
  words: readonly string[],
  commands: readonly Command[],
  names: () => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? '';
  const all = await candidatesAfter(words.slice(0, -1), current.startsWith('-'), commands, names);
  return all.filter(({ word }) => word.startsWith(current));
}

async function candidatesAfter(
  [name, ...given]: readonly string[],
  isOption: boolean,
  commands: readonly Command[],
  names: () => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  const allCommands = commands.map(({ name: word, summary }) => ({ word, summary }));
  const resolve = async (completion: Completion | undefined): Promise<readonly Candidate[]> => {
    if (completion === undefined || completion === 'file') return [];
    if (completion === 'sandbox') return names();
    return completion === 'command' ? allCommands : completion.map(summaryless);
  };
  if (name === undefined) return isOption ? [plain`--help`, plain`--version`].map(summaryless) : allCommands;
  const command = commands.find((row) => row.name === name);
  if (command === undefined || splitAtTerminator(given).own.length < given.length) return [];
  const options = { ...command.options, ...commonOptions };
  const open = optionBefore(given, given.length, options);
  if (open !== undefined) return resolve(open.completes);
  if (isOption) {
    return Object.entries(options).map(([word, { summary }]) => ({
      word: plain`--${plainText(word, word.length)}`,
      summary,
    }));
  }
  const isPositional = (word: string, index: number): boolean =>
    !word.startsWith('-') && optionBefore(given, index, options) === undefined;
  return resolve(command.arguments[given.filter(isPositional).length]?.completes);
}
