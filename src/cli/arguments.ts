import { parseArgs } from 'node:util';
import { AgentError } from '../agent/errors.ts';
import { plain, quoted, type PlainText } from '../base/text.ts';
import type { Command, CommandOption } from './command.ts';
import { usageLine } from './help.ts';

/** Options that every command takes. */
export const commonOptions: Readonly<Record<string, CommandOption>> = {
  json: { summary: plain`print one JSON value, and nothing else, on standard output` },
  timeout: { value: plain`MS`, summary: plain`give up a call after so many milliseconds` },
  'tls-ca': { value: plain`FILE`, summary: plain`trust this authority, a PEM file`, completes: 'file' },
  'tls-cert': { value: plain`FILE`, summary: plain`show this certificate, a PEM file`, completes: 'file' },
  'tls-key': { value: plain`FILE`, summary: plain`the certificate's key, a PEM file`, completes: 'file' },
  'tls-name': { value: plain`NAME`, summary: plain`the name that the peer's certificate must bear` },
  help: { summary: plain`show this help` },
};

/** Longest argument that is quoted. */
export const maxArgumentLength = 100;

/** The command line of one command, parsed but not yet given meaning. */
export interface CommandLine {
  /** One JSON value on standard output, nothing else there. */
  readonly json: boolean;
  /** Milliseconds given with `--timeout`. */
  readonly timeoutMs: number | undefined;
  /** As many as the command takes. */
  readonly positionals: readonly string[];
  /** What stands after the first `--`, as it is; empty for a command that runs no program. */
  readonly program: readonly string[];
  /** Text options by name; one given several times keeps every value. */
  texts(name: string): readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/** The words before the first `--`, and those after it. */
export function splitAtTerminator(args: readonly string[]): {
  readonly own: readonly string[];
  readonly rest: readonly string[];
} {
  const at = args.indexOf('--');
  return at < 0 ? { own: args, rest: [] } : { own: args.slice(0, at), rest: args.slice(at + 1) };
}

/** The option whose value the word at `index` is; `undefined` when it is none. */
export function optionBefore(
  words: readonly string[],
  index: number,
  options: Readonly<Record<string, CommandOption>>,
): CommandOption | undefined {
  const name = /^--(.+)/.exec(words[index - 1] ?? '')?.[1];
  const option = name !== undefined && Object.hasOwn(options, name) ? options[name] : undefined;
  return option?.value === undefined ? undefined : option;
}

/**
 * Parses the arguments that follow the command's name.
 *
 * @throws AgentError `usage` when they do not fit the command.
 */
export function parseCommandLine(args: readonly string[], command: Command): CommandLine {
  const { own, rest } = splitAtTerminator(args);
  const runsProgram = command.program !== undefined;
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...(runsProgram ? own : args)],
      options: Object.fromEntries(
        Object.entries({ ...command.options, ...commonOptions }).map(([name, { value, isRepeatable }]) => [
          name,
          {
            type: value === undefined ? ('boolean' as const) : ('string' as const),
            multiple: isRepeatable === true,
          },
        ]),
      ),
      allowPositionals: true,
    });
  } catch (error) {
    throw AgentError.from(error, 'usage');
  }
  const { values, positionals } = parsed;
  const program = runsProgram ? rest : [];
  checkArguments(command, positionals, program);
  const texts = (name: string): readonly string[] => {
    const value = values[name];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((item) => typeof item === 'string');
  };
  const timeout = texts('timeout')[0];
  return {
    json: values['json'] === true,
    timeoutMs: timeout === undefined ? undefined : parseCount(timeout, plain`--timeout`, 2 ** 31 - 1),
    positionals,
    program,
    texts,
    text: (name) => texts(name)[0],
    flag: (name) => values[name] === true,
  };
}

function checkArguments(command: Command, positionals: readonly string[], program: readonly string[]): void {
  const missing = command.arguments.find(
    ({ isOptional }, index) => isOptional !== true && index >= positionals.length,
  );
  const excess = positionals[command.arguments.length];
  const problem =
    missing !== undefined
      ? plain`${missing.name} is missing.`
      : excess !== undefined
        ? plain`${quoted(excess, maxArgumentLength)} is one argument too many.`
        : command.program !== undefined && program.length === 0
          ? plain`The program is missing: it stands after --.`
          : undefined;
  if (problem !== undefined) throw new AgentError('usage', plain`${problem} Usage: ${usageLine(command)}`);
}

/** A whole number from 1 to `max`. */
export function parseCount(text: string, name: PlainText, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= max) return value;
  throw new AgentError(
    'usage',
    plain`${name} must be a whole number from 1 to ${max}, not ${quoted(text, maxArgumentLength)}.`,
  );
}
