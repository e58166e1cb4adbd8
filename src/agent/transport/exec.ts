import { Duplex, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '../../base/l10n.ts';
import { logLines, type LineLog } from '../../base/line-log.ts';
import type { Logger } from '../../base/logger.ts';
import { plain, plainText } from '../../base/text.ts';
import { AgentError, withReason } from '../errors.ts';
import type { OpenOptions } from './opening.ts';
import { Program, type ProgramEnd } from './program.ts';

/** How often the output of a program that is gone is looked at. */
const drainIntervalMs = 50;
/** Looks without news after which that output is taken to be held open by somebody else, and looks at the most. */
const [maxIdleLooks, maxLooks] = [2, 20];
/** How long the last words of a program that is gone are waited for. */
const lastWordsMs = 100;

/** Settings of {@link openExec}. */
export interface OpenExecOptions extends OpenOptions {
  /** Hears every line of the program's standard error. */
  readonly logger: Logger;
  /** Hears of the program that was started, and when it is gone. */
  readonly onProgram?: ((exited: Promise<unknown>) => void) | undefined;
}

/**
 * Starts a program without a shell; its standard input and output are the stream. It ends with the stream, and with this
 * process, and whatever it started ends with it: its input ends, then SIGTERM, then SIGKILL. A program that fails makes
 * the stream fail, with its exit code and its last words.
 *
 * @throws AgentError `unreachable` when the program does not exist, `not_permitted` when it may not be run.
 */
export async function openExec(
  argv: readonly [string, ...string[]],
  { signal, logger, onProgram }: OpenExecOptions,
): Promise<Duplex> {
  if (signal?.aborted === true)
    throw new AgentError('cancelled', l10n.t('Connecting was cancelled.'), { cause: signal.reason });
  const program = await Program.start(argv);
  onProgram?.(program.exited);
  return new ProgramStream(program, logger);
}

class ProgramStream extends Duplex {
  readonly #program: Program;
  readonly #stderr: LineLog;
  #receivedBytes = 0;

  constructor(program: Program, logger: Logger) {
    super({ allowHalfOpen: true });
    this.#program = program;
    this.#stderr = logLines(program.stderr, (line) => {
      logger.info(plain`${program.name}: ${line}`);
    });
    program.stdout.on('data', (chunk: Buffer) => {
      if (this.destroyed) return;
      this.#receivedBytes += chunk.byteLength;
      if (!this.push(chunk)) program.stdout.pause();
    });
    // A program that is gone makes reading and writing fail; how it ended says more.
    program.stdin.on('error', () => undefined);
    program.stdout.on('error', () => undefined);
    void this.#watchEnd();
  }

  override _read(): void {
    this.#program.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#program.stdin.writable) {
      this.#program.stdin.write(chunk, () => {
        done();
      });
    } else done();
  }

  override _final(done: () => void): void {
    this.#program.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Nobody reads any more, but a program that cannot write does not come to its end.
    this.#program.stdout.resume();
    this.#program.end();
    done(error);
  }

  async #watchEnd(): Promise<void> {
    const program = this.#program;
    const readAll = ended(program.stdout);
    const readErrors = ended(program.stderr);
    const end = await program.exited;
    await this.#drain(readAll);
    if (!this.destroyed) await Promise.race([readErrors, sleep(lastWordsMs)]);
    program.release();
    if (this.destroyed) return;
    if (end.code === 0 && this.#receivedBytes > 0) this.push(null);
    else this.destroy(this.#explainEnd(end));
  }

  /**
   * Reads what a program that is gone has left in its pipe. Another that it started may hold the pipe open for ever, so
   * once nothing comes any more, nothing is waited for.
   */
  async #drain(readAll: Promise<void>): Promise<void> {
    let isOpen = true as boolean;
    void readAll.then(() => (isOpen = false));
    for (let looks = 0, idle = 0; isOpen && !this.destroyed && looks < maxLooks && idle < maxIdleLooks;) {
      const before = this.#receivedBytes;
      await Promise.race([readAll, sleep(drainIntervalMs, undefined, { ref: false })]);
      // While the stream's reader is behind, silence means nothing.
      if (this.#program.stdout.isPaused()) continue;
      looks++;
      idle = this.#receivedBytes === before ? idle + 1 : 0;
    }
  }

  #explainEnd({ code, signal }: ProgramEnd): AgentError {
    const { name } = this.#program;
    const event =
      code === null
        ? l10n.t('The program {0} was ended by {1}', name, plainText(String(signal), 20))
        : l10n.t('The program {0} exited with code {1}', name, code);
    return new AgentError(
      this.#receivedBytes > 0 ? 'connection_closed' : 'unreachable',
      withReason(event, this.#stderr.last()),
    );
  }
}

/** Resolves when `stream` has been read to its end, or never will be. */
function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
  });
}
