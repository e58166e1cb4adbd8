import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

/** A program that was started to outlive the agent. */
export interface Daemon {
  /** How it ended ("exited with code 1"), or `undefined` while it runs. */
  ended(): string | undefined;
  /** How it ended, and the last line of its log. */
  lastWords(): Promise<string>;
}

/** Where a daemon writes and looks for programs. */
export interface DaemonOptions {
  /** Its output is appended here. */
  readonly logFile: string;
  /** Its `PATH`. */
  readonly path: string;
}

/** How much of a log's end is read for its last line, in bytes: what a daemon writes in a lifetime may be gigabytes. */
const logTailBytes = 4096;

/** Starts a program detached from the agent, without input. It goes on when the agent ends. */
export async function startDaemon(
  file: string,
  args: readonly string[],
  { logFile, path }: DaemonOptions,
): Promise<Daemon> {
  const log = await open(logFile, 'a', 0o600);
  try {
    let end: string | undefined;
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, PATH: path },
    });
    child.once('error', (error) => {
      end = `could not be started: ${error.message}`;
    });
    child.once('exit', (code, signal) => {
      end = signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`;
    });
    child.unref();
    return {
      ended: () => end,
      lastWords: async () =>
        `${end ?? 'is running'}; the last line of ${logFile}: ${(await lastLine(logFile)).slice(0, 300)}`,
    };
  } finally {
    await log.close();
  }
}

/** The last line of a file that is not blank, or the end of it when it is long. */
async function lastLine(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(logTailBytes),
      position: Math.max(size - logTailBytes, 0),
    });
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').at(-1) ?? '';
  } finally {
    await file.close();
  }
}
