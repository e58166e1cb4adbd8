import type { ParseArgsConfig } from 'node:util';
import type { connectAgent } from '../agent/connect.ts';
import { formatEndpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { PlainText } from '../base/text.ts';
import type { CallOptions } from '../agent/rpc/channel.ts';
import type { AgentSession } from '../agent/session.ts';
import { endpointArgument, type CommandLine } from './arguments.ts';
import type { ExitCode } from './exit-codes.ts';
import { jsonText } from './json-text.ts';

/** What a command runs with. */
export interface CliContext {
  readonly line: CommandLine;
  readonly connect: typeof connectAgent;
  /** Writes to standard error. */
  readonly logger: Logger;
  /** Aborts on SIGINT, SIGTERM or when standard output is gone; the process then ends within a second. */
  readonly interrupted: AbortSignal;
  /** Prints a line, or several, on standard output. */
  readonly print: (text: PlainText) => void;
  /** Resolves when standard output has taken what was printed, or this program is to end. */
  readonly outputTaken: () => Promise<void>;
}

/** One command of the command line. */
export interface Command {
  readonly usage: PlainText;
  readonly summary: PlainText;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Runs to its end. Throws AgentError, whose code decides the exit code. */
  run(context: CliContext): Promise<ExitCode>;
}

/** Milliseconds for one call where `--timeout` is not given. */
export const defaultTimeoutMs = 10_000;

/** The deadline of each call of a command. */
export function callOptions({ line, interrupted }: CliContext): CallOptions {
  return { timeoutMs: line.timeoutMs ?? defaultTimeoutMs, signal: interrupted };
}

/** Connects to the endpoint given as the argument, runs `use`, and closes. */
export async function withSession(
  context: CliContext,
  use: (session: AgentSession, options: CallOptions) => Promise<ExitCode>,
): Promise<ExitCode> {
  const endpoint = endpointArgument(context.line);
  const options = callOptions(context);
  const session = await context.connect(endpoint, { ...options, logger: context.logger });
  try {
    return await use(session, options);
  } catch (error) {
    throw error instanceof AgentError ? error.about(formatEndpoint(endpoint)) : error;
  } finally {
    session.close();
  }
}

/** Prints `value` as one line of JSON with `--json`, otherwise `text`. */
export function printResult({ line, print }: CliContext, value: unknown, text: PlainText): void {
  print(line.json ? jsonText(value) : text);
}
