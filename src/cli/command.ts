import type { connectAgent } from '../agent/connect.ts';
import { formatEndpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import { joined, plain, type PlainText } from '../base/text.ts';
import type { CallOptions } from '../agent/rpc/channel.ts';
import type { AgentSession } from '../agent/session.ts';
import { readTlsFiles } from '../agent/transport/tls-files.ts';
import { mayAnswer, type SandboxSpec } from '../sandboxes/model/snapshot.ts';
import type { CommandLine } from './arguments.ts';
import { jsonText } from './json-text.ts';
import { lookForSandboxes, sandboxOf } from './known-sandboxes.ts';
import type { Screen } from './screen.ts';
import { linesText, type Line } from './styled.ts';

/** What a shell offers for a word: names of sandboxes, commands, files, or one of some words. */
export type Completion = 'sandbox' | 'command' | 'file' | readonly PlainText[];

/** An argument that is told by its place. */
export interface CommandArgument {
  /** As help writes it, such as `ENDPOINT`. */
  readonly name: PlainText;
  readonly isOptional?: true;
  readonly completes?: Completion;
}

/** An option, under its name without the dashes. */
export interface CommandOption {
  readonly summary: PlainText;
  /** What help writes for its value, such as `N`; absent where it takes none. */
  readonly value?: PlainText;
  readonly isRepeatable?: true;
  readonly completes?: Completion;
}

/** What a command runs with. */
export interface CliContext {
  readonly line: CommandLine;
  /** Every command, for those that tell of them. */
  readonly commands: readonly Command[];
  readonly connect: typeof connectAgent;
  /** Writes to standard error. */
  readonly logger: Logger;
  /** Aborts on SIGINT, SIGTERM or when standard output is gone; the process then ends within a second. */
  readonly interrupted: AbortSignal;
  /** Standard output. */
  readonly screen: Screen;
  /** Standard error. */
  readonly errorScreen: Screen;
  /** Prints a line, or several, on standard output. */
  readonly print: (text: PlainText) => void;
  /** Resolves when standard output has taken what was printed, or this program is to end. */
  readonly outputTaken: () => Promise<void>;
}

/** One command of the command line: parsing, help and completion follow from this row. */
export interface Command {
  readonly name: PlainText;
  readonly summary: PlainText;
  readonly arguments: readonly CommandArgument[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** How help writes what stands after `--`, which is taken as it is; absent where nothing may. */
  readonly program?: PlainText;
  /** Exit code of every failure of its own, where the usual ones are the program's that it runs. */
  readonly failureExitCode?: number;
  /** Runs to its end and returns the exit code. Throws AgentError, whose code decides it otherwise. */
  run(context: CliContext): Promise<number>;
}

/** The argument of the commands that act on one sandbox. */
export const endpointRow: CommandArgument = { name: plain`ENDPOINT`, completes: 'sandbox' };

/** Milliseconds for one call where `--timeout` is not given. */
export const defaultTimeoutMs = 10_000;

/** The deadline of each call of a command. */
export function callOptions({ line, interrupted }: CliContext): CallOptions {
  return { timeoutMs: line.timeoutMs ?? defaultTimeoutMs, signal: interrupted };
}

/** The sandbox that the first argument of a command stands for. */
export function sandboxArgument({ line, interrupted, logger }: CliContext): Promise<SandboxSpec> {
  return sandboxOf(line.positionals[0] ?? '', () => lookForSandboxes(interrupted, logger));
}

/**
 * Connects to the sandbox that the first argument stands for, runs `use`, and closes.
 *
 * @throws AgentError `unreachable` without trying when its own tool says that it does not run.
 */
export async function withSession(
  context: CliContext,
  use: (session: AgentSession, options: CallOptions, spec: SandboxSpec) => Promise<number>,
): Promise<number> {
  const spec = await sandboxArgument(context);
  const { endpoint, discovered, name } = spec;
  if (discovered !== undefined && !mayAnswer(spec)) {
    const { state, note } = discovered;
    throw new AgentError('unreachable', joined([plain`${name} is ${state}.`, ...(note ? [note] : [])], ' '));
  }
  const options = callOptions(context);
  const session = await connectTo(context, spec);
  try {
    return await use(session, options, spec);
  } catch (error) {
    throw error instanceof AgentError ? error.about(formatEndpoint(endpoint)) : error;
  } finally {
    session.close();
  }
}

async function connectTo(context: CliContext, { endpoint, tls }: SandboxSpec): Promise<AgentSession> {
  const files = tls && (await readTlsFiles(tls));
  return context.connect(endpoint, {
    ...callOptions(context),
    logger: context.logger,
    ...(files && { tls: files }),
  });
}

/** Prints `value` as one line of JSON with `--json`, otherwise what people read. */
export function printResult(
  { line, print, screen }: CliContext,
  value: unknown,
  text: PlainText | readonly Line[],
): void {
  if (line.json) print(jsonText(value));
  else print(typeof text === 'string' ? text : linesText(text, screen.hasColour));
}
