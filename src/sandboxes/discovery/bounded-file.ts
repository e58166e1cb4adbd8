import { open, opendir } from 'node:fs/promises';

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

/** Most entries of one folder that are looked at. */
export const maxFolderEntries = 4096;

/** Names in a folder, at most {@link maxFolderEntries}; none when it is absent. */
export async function listFolder(path: string, notes: string[]): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(path)) {
      if (names.length >= maxFolderEntries) {
        notes.push(`${path} holds more than ${maxFolderEntries} entries; the rest is not looked at.`);
        break;
      }
      names.push(name);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') notes.push(`${path} cannot be read (${message}).`);
  }
  return names;
}
