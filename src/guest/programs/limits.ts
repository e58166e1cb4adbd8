import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StartFailure } from './failure.ts';

const run = promisify(execFile);

/** One resource limit, as `setrlimit` has it; the largest 64-bit number is no limit. */
export interface ResourceLimit {
  /** In lower case and without `RLIMIT_`. */
  readonly resource: string;
  readonly soft: bigint;
  readonly hard: bigint;
}

/** What `prlimit` can set; other resources are ignored, as in the real agent. */
const settable: ReadonlySet<string> = new Set(
  'as core cpu data fsize memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
);

const unlimited = 2n ** 64n - 1n;

/**
 * The words before a program's own that run it under `limits`; none where there is nothing to limit.
 *
 * @param as whom the program runs as.
 * @throws StartFailure `resource_limit` when that user may not have them, or `prlimit` is missing.
 */
export async function limitingWords(
  limits: readonly ResourceLimit[],
  as: { readonly uid?: number; readonly gid?: number },
): Promise<readonly string[]> {
  const wanted = limits.filter(({ resource }) => settable.has(resource));
  if (wanted.length === 0) return [];
  const words = wanted.map(({ resource, soft, hard }) => `--${resource}=${valueOf(soft)}:${valueOf(hard)}`);
  try {
    // Behind `prlimit` its failure could not be told from the program's.
    await run('prlimit', [...words, '--', 'true'], as);
  } catch (error) {
    throw new StartFailure('resource_limit', `The limits cannot be set: ${(error as Error).message}`);
  }
  return ['prlimit', ...words, '--'];
}

function valueOf(limit: bigint): string {
  return limit === unlimited ? 'unlimited' : String(limit);
}
