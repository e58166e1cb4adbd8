import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type { MicrosandboxEncoder } from '../../agent/microsandbox/encoder.ts';
import { microsandboxMessage as message, type PayloadOf } from '../../agent/microsandbox/messages.ts';
import { errnoOf, StartFailure } from '../programs/failure.ts';
import type { Program } from '../programs/program.ts';
import { endSessions } from '../programs/session-processes.ts';
import { startProgram } from '../programs/start.ts';
import { InputQueue } from './input-queue.ts';
import type { Outlet } from './outlet.ts';

/** Programs that one client may have at once. */
export const maxProgramsPerClient = 64;

/** How long output may be silent after a program's end, while something it left behind keeps it open. */
const silenceMs = 250;

const defaultSize = { rows: 24, columns: 80 };

type ExecRequest = PayloadOf<typeof message.execRequest>;

interface ProgramSession {
  readonly started: Promise<{ readonly program: Program; readonly input: InputQueue } | undefined>;
}

/** The programs of one client: `core.exec`. */
export class ProgramSessions {
  readonly #encoder: MicrosandboxEncoder<'guest'>;
  readonly #outlet: Outlet;
  readonly #isAllowed: boolean;
  readonly #sessions = new Map<number, ProgramSession>();
  readonly #endings = new Set<Promise<void>>();

  constructor(encoder: MicrosandboxEncoder<'guest'>, outlet: Outlet, isAllowed: boolean) {
    this.#encoder = encoder;
    this.#outlet = outlet;
    this.#isAllowed = isAllowed;
  }

  has(id: number): boolean {
    return this.#sessions.has(id);
  }

  /** Starts a program under the id, which must be free. Returns what refuses it, else nothing. */
  request(id: number, request: ExecRequest): readonly Buffer[] {
    const refuse = (failure: StartFailure): readonly Buffer[] => [this.#failed(id, failure)];
    if (!this.#isAllowed)
      return refuse(
        new StartFailure('permission_denied', 'The agent was started without --allow-exec.', 'EPERM'),
      );
    if (this.#sessions.size >= maxProgramsPerClient)
      return refuse(
        new StartFailure('resource_limit', `${maxProgramsPerClient} programs run already.`, 'EAGAIN'),
      );
    const starting = start(request);
    const session: ProgramSession = {
      started: starting.then(
        (program) => ({ program, input: new InputQueue(program.input) }),
        () => undefined,
      ),
    };
    this.#sessions.set(id, session);
    void this.#run(id, starting);
    return [];
  }

  /**
   * Input for a program. Resolves to frames that answer it, when the connection may be read on; `hold` tells of input
   * that is not taken yet.
   */
  async input(
    id: number,
    data: Uint8Array,
    hold: (barrier: Promise<void>) => void,
  ): Promise<readonly Buffer[]> {
    const started = await this.#sessions.get(id)?.started;
    if (started === undefined) return [];
    const { program, input } = started;
    if (data.byteLength === 0) {
      // A terminal's input ends with the byte 4.
      if (program.outputs.stderr !== undefined) input.end();
      return [];
    }
    if (!input.write(data)) return [this.#inputError(id, program.input.writable ? 'EAGAIN' : 'EPIPE')];
    const barrier = input.barrier();
    if (barrier !== undefined) hold(barrier);
    await input.hold();
    return [];
  }

  resize(id: number, rows: number, columns: number): void {
    void this.#sessions.get(id)?.started.then((started) => started?.program.resize({ rows, columns }));
  }

  signal(id: number, signal: number): void {
    void this.#sessions.get(id)?.started.then((started) => started?.program.signal(signal));
  }

  /** Ends the programs whose ids `isMeant` chooses, and all they started. */
  release(isMeant: (id: number) => boolean): void {
    const ending = this.#end([...this.#sessions.keys()].filter(isMeant)).finally(() =>
      this.#endings.delete(ending),
    );
    this.#endings.add(ending);
  }

  /** Resolves when nothing of what was released runs any more. */
  async released(): Promise<void> {
    await Promise.all(this.#endings);
  }

  async #end(ids: readonly number[]): Promise<void> {
    const programs = await Promise.all(ids.map(async (id) => this.#sessions.get(id)?.started));
    // The number of a program that has ended may be another's.
    const leaders = programs.flatMap((started, index) =>
      started !== undefined && this.#sessions.has(ids[index] ?? 0) ? started.program.leaders : [],
    );
    if (leaders.length > 0) await endSessions(leaders);
  }

  async #run(id: number, starting: Promise<Program>): Promise<void> {
    try {
      const program = await starting;
      await this.#outlet.send(this.#encoder.encode(message.execStarted, id, { pid: program.pid }));
      await this.#relayOutput(id, program);
      const code = await program.exited;
      this.#sessions.delete(id);
      await this.#outlet.send(this.#encoder.encode(message.execExited, id, { code }));
    } catch (error) {
      this.#sessions.delete(id);
      await this.#outlet.send(this.#failed(id, StartFailure.from(error)));
    }
  }

  /** Resolves when all output is sent, and not before the program has ended. */
  async #relayOutput(id: number, { outputs, exited }: Program): Promise<void> {
    const activity = { pieces: 0, isSending: false, isOpen: true };
    const pump = async (readable: Readable, type: typeof message.execStdout): Promise<void> => {
      try {
        for await (const data of readable as AsyncIterable<Buffer>) {
          activity.pieces++;
          activity.isSending = true;
          await this.#outlet.send(this.#encoder.encode(type, id, { data }));
          activity.isSending = false;
        }
      } catch {
        // It was given up below.
      }
    };
    const { stdout, stderr } = outputs;
    const pumps = Promise.all([
      stdout && pump(stdout, message.execStdout),
      stderr && pump(stderr, message.execStderr),
    ]).then(() => {
      activity.isOpen = false;
    });
    await exited;
    for (let before = -1; activity.isOpen && (before !== activity.pieces || activity.isSending);) {
      before = activity.pieces;
      await Promise.race([pumps, sleep(silenceMs)]);
    }
    for (const readable of [stdout, stderr]) readable?.destroy();
    await pumps;
  }

  #failed(id: number, { kind, message: text, errno, errnoName }: StartFailure): Buffer {
    return this.#encoder.encode(message.execFailed, id, {
      kind,
      message: text,
      ...(errno !== undefined && errnoName !== undefined && { errno, errno_name: errnoName }),
    });
  }

  #inputError(id: number, name: 'EAGAIN' | 'EPIPE'): Buffer {
    return this.#encoder.encode(message.execStdinError, id, {
      errno: errnoOf(name) ?? null,
      errno_name: name,
      message:
        name === 'EPIPE' ? 'The input is closed.' : 'The program does not read; this piece was dropped.',
    });
  }
}

function start({ cmd, args, env, cwd, user, tty, rows, cols, rlimits }: ExecRequest): Promise<Program> {
  return startProgram({
    command: cmd,
    args: args ?? [],
    env: env ?? [],
    cwd: cwd ?? undefined,
    user: user ?? undefined,
    terminal:
      tty === true ? { rows: rows ?? defaultSize.rows, columns: cols ?? defaultSize.columns } : undefined,
    limits: rlimits ?? [],
  });
}
