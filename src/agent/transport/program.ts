import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { AgentError, messageOf } from '../errors.ts';

/** How long a program may take to end by itself once its input has ended. */
const inputEndGraceMs = 500;
/** How long it may then take after SIGTERM. */
const terminationGraceMs = 2000;
/** Longest name of a program that is quoted. */
const maxNameLength = 200;

/** Where process groups exist, a program leads one of its own, so that what it starts can be ended with it. */
const leadsGroup = process.platform !== 'win32';

/** The programs that may still run, or have left something running. They end with this process. */
const running = new Set<Program>();

/** How a program ended: one of the two is `null`. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that was started, with pipes to its standard streams, and everything in its process group. */
export class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pid: number;
  readonly name: PlainText;
  /** Resolves when the program itself is gone, whatever it left behind. */
  readonly exited: Promise<ProgramEnd>;
  #hasExited = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(child: ChildProcessWithoutNullStreams, pid: number, name: PlainText) {
    this.#child = child;
    this.#pid = pid;
    this.name = name;
    track(this);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#hasExited = true;
        clearTimeout(this.#timer);
        // A group without members is no more, and its number may come to name another one.
        if (!this.#signal(0)) running.delete(this);
        resolve({ code, signal });
      });
    });
    // A signal that cannot be sent; the program is then ended by the next one.
    child.on('error', () => undefined);
  }

  /**
   * Starts a program without a shell.
   *
   * @throws AgentError `unreachable` when the program does not exist or cannot be started, `not_permitted` when it may not
   * be run.
   */
  static async start([name, ...args]: readonly [string, ...string[]]): Promise<Program> {
    let child: ChildProcessWithoutNullStreams;
    try {
      child = spawn(name, args, { detached: leadsGroup, windowsHide: true });
    } catch (error) {
      throw explainSpawnError(name, error as NodeJS.ErrnoException);
    }
    if (child.pid !== undefined) return new Program(child, child.pid, plainText(name, maxNameLength));
    const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    throw explainSpawnError(name, error);
  }

  get stdin(): ChildProcessWithoutNullStreams['stdin'] {
    return this.#child.stdin;
  }

  get stdout(): ChildProcessWithoutNullStreams['stdout'] {
    return this.#child.stdout;
  }

  get stderr(): ChildProcessWithoutNullStreams['stderr'] {
    return this.#child.stderr;
  }

  /** Ends the program: its input ends, then it is sent SIGTERM, then SIGKILL. */
  end(): void {
    this.stdin.end();
    if (this.#hasExited || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#terminate();
    }, inputEndGraceMs).unref();
  }

  /** Lets go of a program that is gone: its pipes, which others may hold open, and what it left in its group. */
  release(): void {
    this.stdin.destroy();
    this.stdout.destroy();
    this.stderr.destroy();
    if (running.has(this)) this.#terminate();
  }

  /** Ends everything in the group at once. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #terminate(): void {
    this.#signal('SIGTERM');
    this.#timer = setTimeout(() => {
      this.kill();
      if (this.#hasExited) running.delete(this);
    }, terminationGraceMs).unref();
  }

  /** False when there is nobody to hear the signal. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    if (!leadsGroup) return !this.#hasExited && this.#child.kill(signal);
    try {
      return process.kill(-this.#pid, signal);
    } catch {
      return false;
    }
  }
}

let isWatchingExit = false;

function track(program: Program): void {
  running.add(program);
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.on('exit', () => {
    for (const left of running) left.kill();
  });
}

function explainSpawnError(name: string, error: NodeJS.ErrnoException): AgentError {
  const program = plainText(name, maxNameLength);
  const because = (message: PlainText): AgentError =>
    new AgentError('unreachable', message, { cause: error });
  switch (error.code) {
    case 'ENOENT':
      return because(l10n.t('The program {0} was not found. Install it or correct argv.', program));
    case 'EACCES':
    case 'EPERM':
      return new AgentError('not_permitted', l10n.t('This user may not run {0}. Check its mode.', program), {
        cause: error,
      });
    case 'EMFILE':
    case 'ENFILE':
      return because(
        l10n.t(
          'The program {0} cannot be started: too many files are open. Disconnect what is not needed, or raise the limit.',
          program,
        ),
      );
    case 'EAGAIN':
      return because(
        l10n.t(
          'The program {0} cannot be started: too many programs run. End some, or raise the limit.',
          program,
        ),
      );
    default:
      return because(l10n.t('The program {0} cannot be started ({1}).', program, messageOf(error)));
  }
}
