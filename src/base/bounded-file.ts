import { open, opendir } from 'node:fs/promises';
import * as l10n from './l10n.ts';

/** A small file as it was at one moment. */
export interface SmallFile {
  readonly text: string;
  /** Last change, in milliseconds since the Unix epoch by the host's clock. */
  readonly modifiedMs: number;
}

/**
 * Reads a file that must not be larger than `maxBytes`; text and time belong together even when it is replaced meanwhile.
 * `undefined` when it is absent, unreadable, too large or not a regular file.
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<SmallFile | undefined> {
  try {
    const file = await open(path);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > maxBytes) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
      return { text: buffer.toString('utf8', 0, bytesRead), modifiedMs: stat.mtimeMs };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Parses JSON; `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value under a path of keys in something of unknown shape. */
export function dig(value: unknown, ...keys: string[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
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
  readonly problem?: string;
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
    if (code !== 'ENOENT')
      return { names, leftOut, problem: l10n.t('{0} cannot be read ({1}).', path, message) };
  }
  return { names, leftOut };
}
