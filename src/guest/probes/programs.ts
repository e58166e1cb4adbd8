import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where Linux keeps daemons; not on an ordinary user's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The search path of programs: `path` (as in `PATH`) first, then where Linux keeps daemons. */
export function programPath(path: string): string {
  const folders = path.split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...new Set([...folders, ...systemFolders])].join(delimiter);
}

/** The full path of a program on a search path; `undefined` when there is none that may be run. */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined;
}

/** How a program ended. */
export interface ProgramResult {
  readonly succeeded: boolean;
  /** What it printed, cut to a length that fits a message. */
  readonly stdout: string;
  /** The last line it complained with, or why it could not be run; empty when it succeeded. */
  readonly complaint: string;
}

/** Runs a program without a shell and without input. Never rejects; a program that takes too long is killed. */
export function runProgram(file: string, args: readonly string[], timeoutMs: number): Promise<ProgramResult> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: timeoutMs, maxBuffer: 64 * 1024 }, (error, stdout, stderr) => {
      const lastLine = stderr.trim().split('\n').at(-1) ?? '';
      const killed = error?.killed === true ? `it did not end within ${timeoutMs} ms` : '';
      const complaint = error === null ? '' : killed || lastLine || error.message;
      resolve({
        succeeded: error === null,
        stdout: stdout.slice(0, 1000),
        complaint: complaint.slice(0, 300),
      });
    });
  });
}
