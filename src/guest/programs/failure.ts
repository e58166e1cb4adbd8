import { constants } from 'node:os';
import type { programFailureKinds } from '../../agent/microsandbox/program-messages.ts';

/** Why a program never ran. */
export type StartFailureKind = (typeof programFailureKinds)[number];

/** What each error of the operating system says about a program that should start; any other is `other`. */
const kinds: Readonly<Record<string, StartFailureKind>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  ELOOP: 'not_found',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EISDIR: 'permission_denied',
  ENOEXEC: 'not_executable',
  ETXTBSY: 'not_executable',
  E2BIG: 'bad_args',
  EAGAIN: 'resource_limit',
  EMFILE: 'resource_limit',
  ENFILE: 'resource_limit',
  ENOMEM: 'out_of_memory',
};

/** Thrown when a program cannot be started. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly kind: StartFailureKind;
  /** Name of the operating system's error, such as `ENOENT`, where there was one. */
  readonly errnoName: string | undefined;

  constructor(kind: StartFailureKind, message: string, errnoName?: string) {
    super(message);
    this.kind = kind;
    this.errnoName = errnoName;
  }

  /** The operating system's number of the error. */
  get errno(): number | undefined {
    return errnoOf(this.errnoName);
  }

  /** Whatever was thrown while a program started. */
  static from(error: unknown): StartFailure {
    if (error instanceof StartFailure) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    return new StartFailure(kinds[code ?? ''] ?? 'other', message, code);
  }
}

/** The operating system's number of an error's name; `undefined` for a name that is not the operating system's. */
export function errnoOf(name: string | undefined): number | undefined {
  return name === undefined ? undefined : (constants.errno as Readonly<Record<string, number>>)[name];
}
