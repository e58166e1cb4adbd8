import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '../../base/l10n.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import { AgentError, messageOf, withReason } from '../errors.ts';
import type { Logger } from '../../base/logger.ts';
import { logLines, type LineLog } from '../../base/line-log.ts';
import { opening, watchEvent, type OpenOptions } from './opening.ts';

/** How long a program may take to end by itself once its input has ended, and then again after SIGTERM. */
const graceMs = 2000;

/** How long the last words of a program that is gone are waited for. */
const lastWordsMs = 100;

/** Longest name of a program that is quoted. */
const maxProgramLength = 200;

/** Settings of {@link openExec}. */
export interface OpenExecOptions extends OpenOptions {
  /** Hears every line of the program's standard error. */
  readonly logger: Logger;
}

/**
 * Starts a program without a shell; its standard input and output are the stream. It ends with the stream: its input
 * ends, then SIGTERM, then SIGKILL. A program that fails makes the stream fail, with its exit code and its last words.
 *
 * @throws AgentError `unreachable` when the program does not exist, `not_permitted` when it may not be run.
 */
export async function openExec(
  argv: readonly [string, ...string[]],
  options: OpenExecOptions,
): Promise<Duplex> {
  const [program, ...args] = argv;
  const child = spawn(program, args, { shell: false, windowsHide: true });
  const stream = new ProgramStream(child, program, options.logger);
  await opening(stream, options, {
    watch: watchEvent(stream, 'spawn'),
    describeTimeout: () =>
      l10n.t(
        'The program {0} was not started within {1} ms.',
        plainText(program, maxProgramLength),
        options.timeoutMs,
      ),
    explain: (error) => AgentError.from(error, 'unreachable'),
  });
  return stream;
}

class ProgramStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #program: PlainText;
  readonly #stderr: LineLog;
  #hasAnswered = false;

  constructor(child: ChildProcessWithoutNullStreams, program: string, logger: Logger) {
    super({ allowHalfOpen: true });
    this.#child = child;
    this.#program = plainText(program, maxProgramLength);
    this.#stderr = logLines(child.stderr, (line) => {
      logger.info(plain`${this.#program}: ${line}`);
    });
    child.on('spawn', () => this.emit('spawn'));
    child.on('error', (error) => this.destroy(explainSpawnError(program, error)));
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.destroyed) return;
      this.#hasAnswered = true;
      if (!this.push(chunk)) child.stdout.pause();
    });
    // A program that is gone makes writing fail; how it ended says more.
    child.stdin.on('error', () => undefined);
    void this.#watchEnd();
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#child.stdin.writable) {
      this.#child.stdin.write(chunk, () => {
        done();
      });
    } else done();
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    stopProgram(this.#child);
    done(error);
  }

  /**
   * Waits until the program is gone and its output is read. Its standard error may stay open for as long as a program
   * it left behind lives (an ssh control master does), so that is waited for only briefly.
   */
  async #watchEnd(): Promise<void> {
    const child = this.#child;
    const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve([code, signal]);
      });
    });
    const [[code, signal]] = await Promise.all([exited, ended(child.stdout)]);
    await Promise.race([ended(child.stderr), sleep(lastWordsMs)]);
    if (this.destroyed) return;
    if (code === 0 && this.#hasAnswered) {
      this.push(null);
      return;
    }
    const event =
      code === null
        ? l10n.t(
            'The program {0} was ended by {1}',
            this.#program,
            plainText(String(signal), maxProgramLength),
          )
        : l10n.t('The program {0} exited with code {1}', this.#program, code);
    const last = this.#stderr.last();
    this.destroy(
      new AgentError(
        this.#hasAnswered ? 'connection_closed' : 'unreachable',
        last === '' ? l10n.t('{0} without saying why', event) : withReason(event, last),
      ),
    );
  }
}

/** Resolves when `stream` has been read to its end, or never will be. */
function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
  });
}

function stopProgram(child: ChildProcessWithoutNullStreams): void {
  child.stdin.end();
  child.stdout.resume();
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'];
  let timer = setTimeout(function escalate() {
    const signal = signals.shift();
    if (signal === undefined) return;
    child.kill(signal);
    timer = setTimeout(escalate, graceMs);
  }, graceMs);
  child.once('exit', () => {
    clearTimeout(timer);
  });
}

function explainSpawnError(name: string, error: NodeJS.ErrnoException): AgentError {
  const program = plainText(name, maxProgramLength);
  switch (error.code) {
    case 'ENOENT':
      return new AgentError(
        'unreachable',
        l10n.t('The program {0} was not found. Install it or correct argv.', program),
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
      return new AgentError('not_permitted', l10n.t('This user may not run {0}. Check its mode.', program), {
        cause: error,
      });
    default:
      return new AgentError(
        'unreachable',
        l10n.t('The program {0} cannot be started ({1}).', program, messageOf(error)),
        { cause: error },
      );
  }
}
