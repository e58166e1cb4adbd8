import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { StartFailure } from './failure.ts';
import type { Launch, Program, TerminalSize } from './program.ts';
import { endSessions, signalProcess } from './session-processes.ts';

/*
 * Node can open /dev/ptmx but not unlock it. `script` of util-linux can, is on every Debian, Ubuntu and Fedora, and hands on
 * the exit code, which neither the `script` of BSD nor that of BusyBox does in this form.
 */

const run = promisify(execFile);

/** How long `script` may take to start the program. */
const startTimeoutMs = 5000;

/** Longest line in which the program's side tells its process and its terminal. */
const maxFactsLength = 256;

/**
 * Starts a program on a pseudoterminal; it leads a session whose terminal that is. A death by signal reads as
 * 128 + signal, because `script` tells no more.
 *
 * @throws StartFailure `pty_setup_failed` where util-linux' `script` is missing.
 */
export async function startInTerminal(launch: Launch, size: TerminalSize): Promise<Program> {
  await checkHelper();
  const { cwd, env, as } = launch;
  const child = spawn('script', ['-q', '-e', '-f', '-c', shellLine(launch, size), '/dev/null'], {
    cwd,
    // `script` runs its line with $SHELL, which may be no shell at all.
    env: { ...env, SHELL: '/bin/sh' },
    ...as,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? -1);
    });
  });
  await once(child, 'spawn');
  child.stderr.resume();
  const { pid, path } = await readFacts(child.stdio[3] as Readable, exited).catch(async (error: unknown) => {
    await endSessions([child.pid ?? 0]);
    throw error;
  });
  let isRunning = true;
  void exited.then(() => {
    isRunning = false;
  });
  return {
    pid,
    input: child.stdin,
    outputs: { stdout: child.stdout },
    exited,
    resize: ({ rows, columns }) => {
      if (!isRunning) return;
      // It is the slave side, so the kernel tells the programs on it.
      run('stty', ['-F', path, 'rows', String(rows), 'cols', String(columns)]).catch(() => undefined);
    },
    signal: (signal) => {
      if (isRunning) signalProcess(-pid, signal);
    },
    leaders: [pid, child.pid ?? pid],
  };
}

/** The line that becomes the program, once the terminal has its size and the agent knows both. */
function shellLine({ words, env }: Launch, { rows, columns }: TerminalSize): string {
  const shell = env['SHELL'];
  return [
    `stty rows ${rows} cols ${columns}`,
    shell === undefined ? 'unset SHELL' : `SHELL=${quote(shell)}`,
    `printf '%s %s\\n' "$$" "$(tty)" >&3`,
    `exec 3>&-`,
    `exec ${words.map(quote).join(' ')}`,
  ].join('; ');
}

/** A word for a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function checkHelper(): Promise<void> {
  const { stdout } = await run('script', ['--version']).catch(() => ({ stdout: '' }));
  if (!stdout.includes('util-linux'))
    throw new StartFailure(
      'pty_setup_failed',
      'A terminal needs "script" of util-linux; install it in the guest.',
    );
}

/** Reads what {@link shellLine} tells, until it does, `script` ends or too long passes. */
async function readFacts(
  facts: Readable,
  exited: Promise<number>,
): Promise<{ readonly pid: number; readonly path: string }> {
  const failure = new StartFailure('pty_setup_failed', 'No pseudoterminal could be opened.');
  let text = '';
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      reject(failure);
    };
    const timer = setTimeout(fail, startTimeoutMs);
    void exited.then(fail);
    facts.on('error', fail);
    facts.on('close', () => {
      clearTimeout(timer);
    });
    facts.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [, pid, path] = /^(\d+) (\/dev\/\S+)\n/.exec(text) ?? [];
      if (pid !== undefined && path !== undefined) resolve({ pid: Number(pid), path });
      else if (text.length <= maxFactsLength && !text.includes('\n')) return;
      else fail();
      facts.destroy();
    });
  });
}
