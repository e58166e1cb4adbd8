import { connectAgent } from '../agent/connect.ts';
import { AgentError } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import { joined, plain, plainText, quoted, type PlainText } from '../base/text.ts';
import { version } from '../base/version.ts';
import { commonOptions, parseCommandLine, splitAtTerminator } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { defectExitCode, errorExitCodes, exitCodes } from './exit-codes.ts';
import { commandText, overviewText } from './help.ts';
import { watchInterruption } from './interruption.ts';
import { jsonText } from './json-text.ts';
import { screenOf } from './screen.ts';
import { readTlsOptions } from './tls-options.ts';

/** Longest name of a command that is quoted. */
const maxNameLength = 100;
/** Each asks for help, wherever it stands before `--`. */
const helpWords: readonly string[] = ['--help', '-h'];
/** What is printed of the trace of a defect. */
const [maxTraceLines, maxTraceLineLength] = [50, 300];

const logger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: writeError,
  warn: writeError,
  error: writeError,
};

async function main(words: readonly string[]): Promise<void> {
  const { own } = splitAtTerminator(words);
  const [name = '--help', ...args] = words;
  const interruption = watchInterruption();
  // A reader that has seen enough, such as head(1), is no failure.
  process.stdout.on('error', () => {
    interruption.begin(exitCodes.done);
  });
  const command = commands.find((row) => row.name === name);
  try {
    if (name === '--version') print(plain`sandlight ${plainText(version, maxNameLength)}`);
    else if (own.some((word) => helpWords.includes(word)) || words.length === 0) print(helpText(command));
    else if (command === undefined) throw unknownCommand(name);
    else process.exitCode = await run(command, args, interruption.signal);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { code, message } = error;
    if (own.includes('--json')) print(jsonText({ error: { code, message } }));
    else writeError(message);
    process.exitCode = command?.failureExitCode ?? errorExitCodes[code];
  }
}

async function run(command: Command, args: readonly string[], interrupted: AbortSignal): Promise<number> {
  const line = parseCommandLine(args, command);
  const tls = await readTlsOptions(line);
  const isGiven = Object.values(tls).some((part) => part !== undefined);
  const connect: typeof connectAgent = (endpoint, options) =>
    connectAgent(endpoint, { ...options, ...(isGiven && { tls }) });
  return command.run({
    ...{ line, commands, connect, logger, interrupted, print },
    screen: screenOf(process.stdout, process.env),
    errorScreen: screenOf(process.stderr, process.env),
    outputTaken: () => outputTaken(interrupted),
  });
}

function unknownCommand(name: string): AgentError {
  return new AgentError(
    'usage',
    plain`${quoted(name, maxNameLength)} is not a command. Try: sandlight --help`,
  );
}

function helpText(command: Command | undefined): PlainText {
  return command === undefined ? overviewText(commands) : commandText(command, commonOptions);
}

function print(text: PlainText): void {
  process.stdout.write(`${text}\n`);
}

function outputTaken(interrupted: AbortSignal): Promise<void> {
  const { stdout } = process;
  return new Promise((resolve) => {
    if (!stdout.writableNeedDrain || interrupted.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      stdout.off('drain', done);
      interrupted.removeEventListener('abort', done);
      resolve();
    };
    stdout.on('drain', done);
    interrupted.addEventListener('abort', done);
  });
}

function writeError(message: PlainText): void {
  process.stderr.write(`${message}\n`);
}

/** A defect of this program: its trace is what helps, and may quote what a guest said. */
function reportDefect(error: unknown): never {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = trace.split('\n').slice(0, maxTraceLines);
  writeError(
    joined(
      lines.map((line) => plainText(line, maxTraceLineLength)),
      '\n',
    ),
  );
  process.exit(defectExitCode);
}

process.on('uncaughtException', reportDefect);
void main(process.argv.slice(2)).catch(reportDefect);
