import { randomBytes, randomUUID } from 'node:crypto';
import { lstatSync, rmdirSync, unlinkSync, type Stats } from 'node:fs';
import { lstat, rmdir, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Endpoint } from '../../agent/endpoint.ts';
import { listFolder } from '../../base/bounded-file.ts';
import { tryConnect } from '../../base/local-socket.ts';

/** Where one run of the bundled agent listens. */
export interface AgentPlace {
  readonly endpoint: Endpoint;
  /** The socket's path; absent for a pipe, which leaves nothing behind. */
  readonly socketPath?: string;
}

const socketName = 'agent.sock';

/** The folders of our agents: 22 characters hold 128 bits; earlier releases wrote 6. */
const folderPattern = /^sandlight-(?:[\w-]{22}|[A-Za-z0-9]{6})$/;

/** A folder that was left behind is removed when it is this old. */
const staleMs = 24 * 3_600_000;
/** Most folders that are looked at in one sweep. */
const maxStaleFolders = 64;
const connectTimeoutMs = 1000;

/**
 * A place that no other user of this machine can reach or foresee. The agent makes its folder, for this user only; nothing
 * exists until it does.
 */
export function freshPlace(): AgentPlace {
  if (process.platform === 'win32') {
    const path = `\\\\.\\pipe\\sandlight-${randomUUID()}`;
    return { endpoint: { protocol: 'arcbox', transport: { kind: 'pipe', path } } };
  }
  const folder = join(tmpdir(), `sandlight-${randomBytes(16).toString('base64url')}`);
  const socketPath = join(folder, socketName);
  return { endpoint: { protocol: 'arcbox', transport: { kind: 'unix', path: socketPath } }, socketPath };
}

/**
 * True when nobody else can have put something in the socket's place. Its path stands in the agent's command line, where
 * others may read it before the agent has made the folder.
 */
export function isPrivate({ socketPath }: AgentPlace): boolean {
  if (socketPath === undefined) return true;
  const folder = lstatSync(dirname(socketPath), { throwIfNoEntry: false });
  return folder !== undefined && isForThisUserOnly(folder);
}

function isForThisUserOnly(entry: Stats): boolean {
  return entry.isDirectory() && entry.uid === process.getuid?.() && (entry.mode & 0o777) === 0o700;
}

/** Removes what an agent that was killed has left; a folder that holds anything else stays. */
export function removePlace({ socketPath }: AgentPlace): void {
  if (socketPath === undefined) return;
  for (const remove of [
    () => {
      unlinkSync(socketPath);
    },
    () => {
      rmdirSync(dirname(socketPath));
    },
  ]) {
    try {
      remove();
    } catch {
      // The agent has removed it itself, or never made it.
    }
  }
}

/**
 * Removes the folders that agents have left behind when they and their editors were killed: those that are called as ours
 * are, belong to this user alone, are older than a day, and hold no socket that somebody listens on. Resolves with their
 * number; never rejects.
 */
export async function removeStalePlaces(parent = tmpdir(), nowMs = Date.now()): Promise<number> {
  if (process.platform === 'win32') return 0;
  const { names } = await listFolder(parent, folderPattern);
  let removed = 0;
  for (const name of names.slice(0, maxStaleFolders)) {
    const folder = join(parent, name);
    try {
      if (!(await isStale(folder, nowMs))) continue;
      await unlink(join(folder, socketName)).catch(() => undefined);
      await rmdir(folder);
      removed++;
    } catch {
      // Somebody else was quicker, or it holds what is not ours.
    }
  }
  return removed;
}

async function isStale(folder: string, nowMs: number): Promise<boolean> {
  const entry = await lstat(folder);
  return (
    isForThisUserOnly(entry) && nowMs - entry.mtimeMs > staleMs && !(await answers(join(folder, socketName)))
  );
}

/** True also when that cannot be found out. */
async function answers(socketPath: string): Promise<boolean> {
  const outcome = await tryConnect(socketPath, connectTimeoutMs);
  return outcome.kind !== 'failed' || !['ECONNREFUSED', 'ENOENT'].includes(outcome.error.code ?? '');
}
