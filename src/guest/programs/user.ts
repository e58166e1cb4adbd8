import { readFile } from 'node:fs/promises';
import { StartFailure } from './failure.ts';

/** Whom a program runs as. */
export interface ProgramUser {
  readonly uid: number;
  readonly gid: number;
  /** Unknown for an id without an account. */
  readonly account: { readonly name: string; readonly home: string } | undefined;
}

/**
 * The user that `wanted` stands for: `name`, `uid`, or either with `:group` behind it. Only root can become another.
 *
 * @throws StartFailure `user_setup_failed`.
 */
export async function findUser(wanted: string): Promise<ProgramUser> {
  const [name = '', group] = wanted.split(':', 2);
  const account = (await accounts('/etc/passwd')).find((fields) => fields[0] === name || fields[2] === name);
  const uid = Number(account?.[2] ?? idOf(name));
  const gid = group === undefined ? Number(account?.[3] ?? uid) : await findGroup(group);
  if (Number.isNaN(uid)) throw new StartFailure('user_setup_failed', `There is no user "${name}".`);
  const [, , , , , home] = account ?? [];
  return {
    uid,
    gid,
    account: account === undefined ? undefined : { name: account[0] ?? name, home: home ?? '/' },
  };
}

/**
 * What of `user` the agent has to change for a program; nothing where it is that user already.
 *
 * @throws StartFailure `user_setup_failed` when the agent is not root.
 */
export function identityOf(user: ProgramUser): { readonly uid?: number; readonly gid?: number } {
  const { uid, gid } = user;
  if (process.getuid?.() === 0) return { uid, gid };
  if (process.getuid?.() === uid && process.getgid?.() === gid) return {};
  throw new StartFailure(
    'user_setup_failed',
    'The agent does not run as root, so it cannot run programs as another user.',
    'EPERM',
  );
}

async function findGroup(name: string): Promise<number> {
  const group = (await accounts('/etc/group')).find((fields) => fields[0] === name || fields[2] === name);
  const gid = Number(group?.[2] ?? idOf(name));
  if (Number.isNaN(gid)) throw new StartFailure('user_setup_failed', `There is no group "${name}".`);
  return gid;
}

function idOf(text: string): number {
  return /^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff ? Number(text) : Number.NaN;
}

async function accounts(path: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}
