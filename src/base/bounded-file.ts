import { constants, type Stats } from 'node:fs';
import { open, opendir, stat } from 'node:fs/promises';
import { Gate } from './gate.ts';
import * as l10n from './l10n.ts';
import { plainText, type PlainText } from './text.ts';

/** Longest path or reason that is quoted. */
const maxQuotedLength = 300;

/**
 * Files are read by the few threads that all of Node's file system calls and name look-ups share. Half of them are left to
 * others, whatever a file on a network or in a guest's hands does.
 */
const gate = new Gate({ maxAtOnce: 2, patienceMs: 1000 });

/** A small file as it was at one moment. */
export interface SmallFile {
  readonly text: string;
  /** Last change, in milliseconds since the Unix epoch by the host's clock. */
  readonly modifiedMs: number;
}

/**
 * Reads a file that must not be larger than `maxBytes`; text and time belong together even when it is replaced meanwhile.
 * `undefined` when it is absent, unreadable, too large, not a regular file, or not read within a second. Links are
 * `refused` where somebody else may make them: they could lead to any file of this machine.
 */
export async function readSmallFile(
  path: string,
  maxBytes: number,
  links: 'followed' | 'refused' = 'followed',
): Promise<SmallFile | undefined> {
  try {
    return await readFileWithin(path, maxBytes, links);
  } catch {
    return undefined;
  }
}

/**
 * As {@link readSmallFile}, for a file that must be there.
 *
 * @throws Error whose message is a clause that says why it cannot be read.
 */
export function readFileWithin(
  path: string,
  maxBytes: number,
  links: 'followed' | 'refused' = 'followed',
): Promise<SmallFile> {
  return gate.run(async () => {
    // Windows has neither flag. Opening a pipe would otherwise wait for a program that writes into it.
    const { O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
    const linkFlag = links === 'refused' ? O_NOFOLLOW : 0;
    const file = await open(path, constants.O_RDONLY | O_NONBLOCK | linkFlag);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new Error(l10n.t('it is not a regular file'));
      if (found.size > maxBytes) throw new Error(l10n.t('it is larger than {0} bytes', maxBytes));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
      return { text: buffer.toString('utf8', 0, bytesRead), modifiedMs: found.mtimeMs };
    } finally {
      await file.close();
    }
  }, tookTooLong);
}

/**
 * What is known of a path, links followed.
 *
 * @throws Error as `stat` does, and when the file system does not answer within a second.
 */
export function statWithin(path: string): Promise<Stats> {
  return gate.run(() => stat(path), tookTooLong);
}

/** What a path leads to; `other` also stands for what cannot be found out. */
export type PathKind = 'file' | 'folder' | 'socket' | 'other';

/** Finds out what a path leads to; never rejects. */
export async function kindOfPath(path: string): Promise<PathKind> {
  try {
    return kindOf(await statWithin(path));
  } catch {
    return 'other';
  }
}

function kindOf(found: Stats): PathKind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSocket() ? 'socket' : 'other';
}

function tookTooLong(): Error {
  return new Error(l10n.t('the file system does not answer'));
}

/** Most entries of one folder that are taken. */
export const maxFolderEntries = 4096;

/** Entries that are read in one go. */
const readAheadEntries = 1024;

/** Some names of a folder. */
export interface FolderListing {
  /** At most {@link maxFolderEntries}. */
  readonly names: readonly string[];
  /** Names that fit and were not taken. */
  readonly leftOut: number;
  /** A sentence when the folder could not be read, or not to its end. */
  readonly problem?: PlainText;
}

/**
 * Takes the names in a folder that match `pattern`; none when it is absent. It is read piece by piece, so that a folder
 * of any size holds up nothing else and takes no memory.
 */
export async function listFolder(path: string, pattern: RegExp): Promise<FolderListing> {
  const names: string[] = [];
  let leftOut = 0;
  try {
    for await (const { name } of await opendir(path, { bufferSize: readAheadEntries })) {
      if (!pattern.test(name)) continue;
      if (names.length < maxFolderEntries) names.push(name);
      else leftOut++;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      const problem = l10n.t(
        '{0} cannot be read ({1}).',
        plainText(path, maxQuotedLength),
        plainText(message, maxQuotedLength),
      );
      return { names, leftOut, problem };
    }
  }
  return { names, leftOut };
}
