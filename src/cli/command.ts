import type { ParseArgsConfig } from 'node:util';
import type { connectAgent } from '../agent/connect.ts';
import { formatEndpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CallOptions } from '../agent/rpc/channel.ts';
import type { AgentSession } from '../agent/session.ts';
import { endpointArgument, type CommandLine } from './arguments.ts';

/** What a command runs with. */
export interface CommandContext {
  readonly line: CommandLine;
  readonly connect: typeof connectAgent;
  /** Writes to standard error. */
  readonly logger: Logger;
  /** Aborts on SIGINT, SIGTERM or when standard output is gone. */
  readonly interrupted: AbortSignal;
  /** Prints a line on standard output. */
  readonly print: (line: string) => void;
}

/** One command of the command line. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Runs to its end. Throws AgentError, whose code decides the exit code. */
  run(context: CommandContext): Promise<void>;
}

/** Milliseconds for one call where `--timeout` is not given. */
export const defaultTimeoutMs = 10_000;

/** The deadline of each call of a command. */
export function callOptions({ line, interrupted }: CommandContext): CallOptions {
  return { timeoutMs: line.timeoutMs ?? defaultTimeoutMs, signal: interrupted };
}

/** Connects to the endpoint given as the argument, runs `use`, and closes. */
export async function withSession(
  context: CommandContext,
  use: (session: AgentSession, options: CallOptions) => Promise<void>,
): Promise<void> {
  const endpoint = endpointArgument(context.line);
  const options = callOptions(context);
  const session = await context.connect(endpoint, { ...options, logger: context.logger });
  try {
    await use(session, options);
  } catch (error) {
    throw error instanceof AgentError ? error.about(formatEndpoint(endpoint)) : error;
  } finally {
    session.close();
  }
}

/** Prints `value` as one line of JSON with `--json`, otherwise `text`. Numbers that JSON cannot hold become words. */
export function printResult({ line, print }: CommandContext, value: unknown, text: string): void {
  print(line.json ? JSON.stringify(value) : text);
}
