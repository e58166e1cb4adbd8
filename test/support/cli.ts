import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** The built command line. */
export const cliPath = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const started: ChildProcessWithoutNullStreams[] = [];

afterAll(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** How a run of the command line ended. */
export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the command line that goes on until it ends, or until the tests of the file are done. */
export interface CliRun {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has printed so far. */
  readonly stdout: () => string;
  /** Resolves when it is gone and all of its output is read. */
  readonly ended: Promise<CliResult>;
}

/** Starts the command line beside this process. */
export function startCli(...args: string[]): CliRun {
  return startCliIn({}, ...args);
}

/** As {@link startCli}, with these variables of the environment besides the present ones. */
export function startCliIn(env: NodeJS.ProcessEnv, ...args: string[]): CliRun {
  const child = spawn(process.execPath, [cliPath, ...args], { env: { ...process.env, ...env } });
  started.push(child);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8');
    child[stream].on('data', (text: string) => (output[stream] += text));
  }
  child.stdin.on('error', () => undefined);
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (status) => {
      resolve({ status, ...output });
    });
  });
  return { child, stdout: () => output.stdout, ended };
}

/** Runs the command line to its end, with `input` on its standard input. */
export function runCli(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  const { child, ended } = startCliIn(env, ...args);
  child.stdin.end(input);
  return ended;
}
