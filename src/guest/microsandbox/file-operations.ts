import { constants, type BigIntStats, type Dir } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lchown,
  lstat,
  lutimes,
  mkdir,
  open,
  opendir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import type { CborInput } from '../../agent/microsandbox/cbor.ts';
import type { FileEntry, FileOperations, GuestFileKind } from '../../agent/microsandbox/file-messages.ts';

/** Entries that one answer to `List` or `ReadDir` holds at most; a folder of more is read in parts. */
export const maxListedEntries = 4096;

/** Bytes of paths after which one answer takes no more entries. */
const maxListedBytes = 1024 * 1024;

/** Entries of one answer to `ReadDir` unless told. */
const defaultReadEntries = 128;

type Attributes = FileOperations['SetStat']['attrs'];

/** An entry as it is written. */
type OutgoingEntry = { readonly [Key in keyof FileEntry]: CborInput };

/** Operations on a path, each answered with a result or nothing. */
export const pathOperations = {
  RealPath: async ({ path }: FileOperations['RealPath']) => ({ Path: await realpath(absolute(path)) }),
  Stat: async ({ path, follow_symlink: follow }: FileOperations['Stat']) => {
    const wanted = absolute(path);
    return { Stat: entryOf(path, await (follow ? stat : lstat)(wanted, { bigint: true })) };
  },
  SetStat: async ({ path, follow_symlink: follow, attrs }: FileOperations['SetStat']) => {
    await setPathAttributes(absolute(path), follow, attrs);
  },
  List: async ({ path }: FileOperations['List']) => {
    const folder = await openFolder(path);
    try {
      const entries = await readEntries(folder, path, maxListedEntries + 1);
      if (entries.length > maxListedEntries || (await folder.read()) !== null)
        throw new Error(
          'list: The folder has too many entries for one answer; read it with OpenDir and ReadDir.',
        );
      return { List: entries };
    } finally {
      await folder.close();
    }
  },
  ReadLink: async ({ path }: FileOperations['ReadLink']) => ({ Path: await readlink(absolute(path)) }),
  Symlink: ({ target, link_path: path }: FileOperations['Symlink']) => symlink(target, absolute(path)),
  Mkdir: async ({ path, mode }: FileOperations['Mkdir']) => {
    await mkdir(absolute(path), { recursive: true, ...(mode !== null && { mode: mode & 0o7777 }) });
  },
  Remove: ({ path }: FileOperations['Remove']) => unlink(absolute(path)),
  RemoveDir: async ({ path, recursive }: FileOperations['RemoveDir']) => {
    const wanted = absolute(path);
    // `rm` would take files and links too.
    if (recursive && (await lstat(wanted)).isDirectory()) await rm(wanted, { recursive: true });
    else await rmdir(wanted);
  },
  Copy: async ({ src, dst }: FileOperations['Copy']) => {
    // To open a FIFO would wait for its other end.
    if (!(await stat(absolute(src))).isFile()) throw new Error('copy: Only files can be copied.');
    await copyFile(absolute(src), absolute(dst));
  },
  Rename: ({ src, dst }: FileOperations['Rename']) => rename(absolute(src), absolute(dst)),
} as const;

/** Opens a file without ever waiting for the other end of a FIFO. */
export function openFile({ path, options }: FileOperations['OpenFile']): Promise<FileHandle> {
  const { read, write, append, create, truncate: empty, create_new: createNew, mode } = options;
  const writes = write || append;
  const access = writes ? (read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  const flags =
    access |
    (append ? constants.O_APPEND : 0) |
    (create || createNew ? constants.O_CREAT : 0) |
    (createNew ? constants.O_EXCL : 0) |
    (empty && writes ? constants.O_TRUNC : 0) |
    constants.O_NONBLOCK |
    constants.O_NOCTTY;
  return open(absolute(path), flags, (mode ?? 0o666) & 0o7777);
}

/** Opens a folder whose names are read as bytes. */
export function openFolder(path: string): Promise<Dir> {
  return opendir(absolute(path), { encoding: 'latin1' });
}

/** The next entries of a folder, up to `limit`; none at its end. Names that are not UTF-8 are told as well as text can. */
export async function readEntries(
  folder: Dir,
  path: string,
  limit: number | null,
): Promise<readonly OutgoingEntry[]> {
  const entries: OutgoingEntry[] = [];
  const wanted = Math.min(limit ?? defaultReadEntries, maxListedEntries + 1);
  const before = Buffer.from(path.endsWith('/') ? path : `${path}/`);
  for (let bytes = 0; entries.length < wanted && bytes < maxListedBytes;) {
    const next = await folder.read();
    if (next === null) break;
    const full = Buffer.concat([before, Buffer.from(next.name, 'latin1')]);
    // What is gone since the folder was read is no entry of it.
    const found = await lstat(full[0] === 47 ? full : Buffer.concat([Buffer.from('/'), full]), {
      bigint: true,
    }).catch(() => undefined);
    if (found === undefined) continue;
    bytes += full.byteLength;
    entries.push(entryOf(full.toString(), found));
  }
  return entries;
}

/** What the system knows of an open file. */
export async function statHandle(file: FileHandle): Promise<OutgoingEntry> {
  return entryOf('', await file.stat({ bigint: true }));
}

/** Changes an open file. */
export async function setHandleAttributes(file: FileHandle, attributes: Attributes): Promise<void> {
  const { mode, uid, gid, size, atime, mtime } = attributes;
  if (size !== null) await file.truncate(Number(size));
  if (uid !== null || gid !== null) await file.chown(uid ?? keep, gid ?? keep);
  if (mode !== null) await file.chmod(mode & 0o7777);
  if (atime !== null || mtime !== null) {
    const { atimeMs, mtimeMs } = await file.stat();
    await file.utimes(Number(atime ?? atimeMs / 1000), Number(mtime ?? mtimeMs / 1000));
  }
}

/** What chown(2) takes for an id that stays. */
const keep = 0xffff_ffff;

async function setPathAttributes(path: string, follow: boolean, attributes: Attributes): Promise<void> {
  const { mode, uid, gid, size, atime, mtime } = attributes;
  const found = await (follow ? stat : lstat)(path);
  if (found.isSymbolicLink() && (mode !== null || size !== null))
    throw new Error('set stat: A symbolic link has neither a mode nor a size of its own.');
  if (size !== null) await truncate(path, Number(size));
  if (uid !== null || gid !== null) await (follow ? chown : lchown)(path, uid ?? keep, gid ?? keep);
  if (mode !== null) await chmod(path, mode & 0o7777);
  if (atime !== null || mtime !== null)
    await (follow ? utimes : lutimes)(
      path,
      Number(atime ?? found.atimeMs / 1000),
      Number(mtime ?? found.mtimeMs / 1000),
    );
}

function absolute(path: string): string {
  return resolvePath('/', path);
}

function entryOf(path: string, found: BigIntStats): OutgoingEntry {
  const seconds = (ns: bigint): bigint => ns / 1_000_000_000n;
  const mtime = seconds(found.mtimeNs);
  return {
    path,
    kind: kindOf(found),
    size: found.size,
    mode: Number(found.mode),
    modified: mtime,
    uid: Number(found.uid),
    gid: Number(found.gid),
    atime: seconds(found.atimeNs),
    mtime,
  };
}

function kindOf(found: BigIntStats): GuestFileKind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'dir';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}
