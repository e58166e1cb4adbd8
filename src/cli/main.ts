import { connectAgent } from '../agent/connect.ts';
import { AgentError } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import { joined, plain, plainText, quoted, type PlainText } from '../base/text.ts';
import { parseCommandLine } from './arguments.ts';
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
import { listCommand } from './commands/list.ts';
import { statusCommand } from './commands/status.ts';
import { watchCommand } from './commands/watch.ts';
import { defectExitCode, errorExitCodes, exitCodes } from './exit-codes.ts';
import { watchInterruption } from './interruption.ts';
import { jsonText } from './json-text.ts';
import { readTlsOptions } from './tls-options.ts';

const commands: Readonly<Record<string, Command>> = {
  status: statusCommand,
  ping: pingCommand,
  info: infoCommand,
  runtime: runtimeCommand,
  ensure: ensureCommand,
  'sync-clock': syncClockCommand,
  touch: touchCommand,
  watch: watchCommand,
  list: listCommand,
  agent: agentCommand,
  encode: encodeCommand,
  decode: decodeCommand,
};

/** Longest name of a command that is quoted. */
const maxNameLength = 100;
/** What is printed of the trace of a defect. */
const [maxTraceLines, maxTraceLineLength] = [50, 300];

const logger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: writeError,
  warn: writeError,
  error: writeError,
};

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === 'help') {
    print(helpText());
    return;
  }
  const wantsJson = args.includes('--json');
  const interruption = watchInterruption();
  // A reader that has seen enough, such as head(1), is no failure.
  process.stdout.on('error', () => {
    interruption.begin(exitCodes.done);
  });
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) {
      throw new AgentError(
        'usage',
        plain`${quoted(name, maxNameLength)} is not a command. Try: sandlight help`,
      );
    }
    const line = parseCommandLine(args, command.options);
    const tls = await readTlsOptions(line);
    const connect: typeof connectAgent = (endpoint, options) => connectAgent(endpoint, { ...options, tls });
    const interrupted = interruption.signal;
    process.exitCode = await command.run({
      ...{ line, connect, logger, interrupted, print },
      outputTaken: () => outputTaken(interrupted),
    });
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { code, message } = error;
    if (wantsJson) print(jsonText({ error: { code, message } }));
    else writeError(message);
    process.exitCode = errorExitCodes[code];
  }
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

function helpText(): PlainText {
  const rows = Object.values(commands).map(
    ({ usage, summary }) => plain`  sandlight ${usage}\n      ${summary}`,
  );
  return joined(
    [
      plain`Usage:`,
      ...rows,
      plain`Every command takes --json and --timeout MS, and for TLS --tls-ca FILE, --tls-cert FILE, --tls-key FILE and --tls-name NAME.`,
    ],
    '\n',
  );
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
