import { field, list, optional, record } from './fields.ts';
import { microsandboxFlag as flag } from './frame.ts';
import { define } from './message-type.ts';

/** Most arguments, variables and limits that a request may carry. */
export const maxRequestWords = 10_000;

/**
 * Why a program never ran, an open set. Agents are not exact: a missing working folder is also `not_found`, and an unknown
 * user `other`.
 */
export const programFailureKinds = [
  'not_found',
  'permission_denied',
  'not_executable',
  'bad_cwd',
  'bad_args',
  'resource_limit',
  'user_setup_failed',
  'out_of_memory',
  'pty_setup_failed',
  'other',
] as const;

const bytes = { data: field.bytes };
const words = optional(list(field.text, maxRequestWords));

/**
 * Programs in the guest. One id is one program from its request to the terminal frame, and every message about it bears
 * that id. Messages from the client about an id that is not or no longer known are ignored.
 */
export const programMessage = {
  execRequest: define('core.exec.request', 1, flag.sessionStart, 'client', {
    cmd: field.text,
    /** Without the program's own name. */
    args: words,
    /** Each `NAME=value`; added to what the sandbox is configured with. */
    env: words,
    /** `null`: what the sandbox is configured with, as for `user`. */
    cwd: optional(field.text),
    /** A name or an id. */
    user: optional(field.text),
    /** True: a pseudoterminal, whose output is all `stdout`. */
    tty: optional(field.bool),
    rows: optional(field.u16),
    cols: optional(field.u16),
    /** `resource` as `setrlimit` names it, in lower case and without `RLIMIT_`. Unknown ones are ignored. */
    rlimits: optional(
      list(record({ resource: field.text, soft: field.u64, hard: field.u64 }), maxRequestWords),
    ),
  }),
  execStarted: define('core.exec.started', 1, flag.none, 'guest', { pid: field.u32 }),
  /** Empty data ends a pipe's input; a pseudoterminal's ends with the byte 4. */
  execStdin: define('core.exec.stdin', 1, flag.none, 'client', bytes),
  /** Input could not be written; the program goes on. */
  execStdinError: define('core.exec.stdin.error', 1, flag.none, 'guest', {
    errno: optional(field.i32),
    errno_name: optional(field.text),
    message: field.text,
  }),
  execStdout: define('core.exec.stdout', 1, flag.none, 'guest', bytes),
  execStderr: define('core.exec.stderr', 1, flag.none, 'guest', bytes),
  /** The program ended after it ran. `code` is -1 when a signal killed it. */
  execExited: define('core.exec.exited', 1, flag.terminal, 'guest', { code: field.i32 }),
  /** The program never ran. `kind` is one of {@link programFailureKinds}. */
  execFailed: define('core.exec.failed', 1, flag.terminal, 'guest', {
    kind: field.text,
    errno: optional(field.i32),
    errno_name: optional(field.text),
    message: field.text,
    stage: optional(field.text),
  }),
  execResize: define('core.exec.resize', 1, flag.none, 'client', { rows: field.u16, cols: field.u16 }),
  /** To the program's whole process group. */
  execSignal: define('core.exec.signal', 1, flag.none, 'client', { signal: field.i32 }),
} as const;
