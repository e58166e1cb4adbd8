import type { Readable, Writable } from 'node:stream';
import type { ResourceLimit } from './limits.ts';

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** A program to run. */
export interface ProgramRequest {
  /** A path, or a name that is looked up in PATH. */
  readonly command: string;
  /** Without the program's own name. */
  readonly args: readonly string[];
  /** Each `NAME=value`, on top of the agent's own environment. */
  readonly env: readonly string[];
  /** Defaults to the agent's own folder, and to its user. */
  readonly cwd: string | undefined;
  readonly user: string | undefined;
  /** Absent: pipes. */
  readonly terminal: TerminalSize | undefined;
  readonly limits: readonly ResourceLimit[];
}

/** A program that runs, the leader of its own session and process group. */
export interface Program {
  readonly pid: number;
  readonly input: Writable;
  /** A terminal has `stdout` only. */
  readonly outputs: Readonly<Partial<Record<'stdout' | 'stderr', Readable>>>;
  /** The exit code; -1 when a signal killed it. */
  readonly exited: Promise<number>;
  /** Nothing, where there is no terminal. */
  resize(size: TerminalSize): void;
  /** Signals the whole group while the program runs; a number that is no signal does nothing. */
  signal(signal: number): void;
  /** The sessions that it and its terminal's helper lead, for `endSessions`. */
  readonly leaders: readonly number[];
}

/** What is handed to the operating system, everything checked and found. */
export interface Launch {
  /** The program's path and its arguments. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly as: { readonly uid?: number; readonly gid?: number };
}
