import { randomBytes } from 'node:crypto';
import * as l10n from '../../base/l10n.ts';
import { quoted } from '../../base/text.ts';
import { AgentError, maxQuotedLength } from '../errors.ts';
import type { CallOptions } from '../rpc/channel.ts';
import type { FileFacts, FolderEntry, FolderListing } from '../session.ts';
import type { CborInput } from './cbor.ts';
import { openHandle, requestFile, type FileChannel } from './file-request.ts';
import { readFileResult, type FileEntry } from './file-messages.ts';

/** Most of a file that one operation reads or writes: more would fill the guest's memory. */
export const maxPieceBytes = 1024 * 1024;

/** Entries asked for at once: few enough that the agent has time for others between two answers. */
const entriesPerPart = 500;

/** Entries of one folder that are kept. */
export const maxFolderEntries = 100_000;

const onlyRead = {
  ...{ read: true, write: false, append: false },
  ...{ create: false, truncate: false, create_new: false },
};

/** What is at `path`, links followed. */
export async function statFile(channel: FileChannel, path: string, options: CallOptions): Promise<FileFacts> {
  return factsOf(await statEntry(channel, path, options));
}

/** The entries of a folder, read in parts. */
export async function listFolder(
  channel: FileChannel,
  path: string,
  options: CallOptions,
): Promise<FolderListing> {
  const entries: FolderEntry[] = [];
  const names = new Set<string>();
  let leftOut = 0;
  const open = { OpenDir: { path } };
  return withHandle(channel, path, open, options, async (handle) => {
    for (;;) {
      const part = readFileResult(
        'List',
        await requestFile(channel, { ReadDir: { handle, limit: entriesPerPart } }, options),
      );
      if (part === undefined) throw noResult(path);
      if (part.length === 0) return { entries, leftOut, truncated: false };
      for (const entry of part) {
        if (names.size + leftOut >= maxFolderEntries) return { entries, leftOut, truncated: true };
        const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
        if (!isFileName(name) || names.has(name)) {
          leftOut++;
          continue;
        }
        names.add(name);
        entries.push({ name, ...factsOf(entry) });
      }
    }
  });
}

/** The content of a file in pieces of at most {@link maxPieceBytes}, each asked for when the one before is taken. */
export async function* readFileContent(
  channel: FileChannel,
  path: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const handle = await openHandle(channel, path, { OpenFile: { path, options: onlyRead } }, options);
  try {
    let offset = 0n;
    for (;;) {
      const piece = await readPiece(channel, handle, offset, options);
      if (piece.byteLength === 0) return;
      offset += BigInt(piece.byteLength);
      yield piece;
    }
  } finally {
    await closeHandle(channel, handle, options);
  }
}

/**
 * Writes `content` to `path` so that a reader finds the old file or the new one: to a file beside it, which then takes
 * its place, owner and mode. Links are followed; what is no regular file, such as a device, is written to as it is.
 */
export async function writeFileContent(
  channel: FileChannel,
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: CallOptions,
): Promise<void> {
  const old = await statEntry(channel, path, options).catch((error: unknown) => {
    if (error instanceof AgentError && isNotFound(error)) return undefined;
    throw error;
  });
  if (old?.kind === 'dir') {
    throw new AgentError(
      'not_permitted',
      l10n.t('{0} is a folder in the guest; name a file in it.', quoted(path, maxQuotedLength)),
    );
  }
  if (old?.kind === 'other') return writeTo(channel, path, { truncate: true }, content, options);
  const target = old === undefined ? path : await realPath(channel, path, options);
  const aside = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeTo(channel, aside, { create: true, create_new: true }, content, options);
    if (old !== undefined) {
      const attrs = { mode: old.mode & 0o7777, uid: old.uid, gid: old.gid };
      // The owner first: changing it takes the set-user-id bit away.
      await setAttributes(channel, aside, { uid: attrs.uid, gid: attrs.gid }, options);
      await setAttributes(channel, aside, { mode: attrs.mode }, options);
    }
    await requestFile(channel, { Rename: { src: aside, dst: target } }, options);
  } catch (error) {
    // The first error tells more than a failure to tidy up after it; the tidying is not for the caller to cancel.
    const { timeoutMs } = options;
    await requestFile(channel, { Remove: { path: aside } }, { timeoutMs }).catch(() => undefined);
    throw error;
  }
}

/** True for one name in a folder: no path, nothing that leads elsewhere. */
function isFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

function isNotFound({ remote }: AgentError): boolean {
  return remote !== undefined && /\bos error 2\b|No such file or directory|ENOENT/.test(remote.text);
}

async function statEntry(channel: FileChannel, path: string, options: CallOptions): Promise<FileEntry> {
  const data = await requestFile(channel, { Stat: { path, follow_symlink: true } }, options);
  const entry = readFileResult('Stat', data);
  if (entry === undefined) throw noResult(path);
  return entry;
}

async function realPath(channel: FileChannel, path: string, options: CallOptions): Promise<string> {
  const real = readFileResult('Path', await requestFile(channel, { RealPath: { path } }, options));
  if (real === undefined) throw noResult(path);
  return real;
}

async function setAttributes(
  channel: FileChannel,
  path: string,
  attrs: Readonly<Record<string, number | null>>,
  options: CallOptions,
): Promise<void> {
  await requestFile(channel, { SetStat: { path, follow_symlink: false, attrs } }, options);
}

async function readPiece(
  channel: FileChannel,
  handle: bigint,
  offset: bigint,
  options: CallOptions,
): Promise<Uint8Array> {
  const piece = Buffer.allocUnsafe(maxPieceBytes);
  let length = 0;
  const onData = (data: Uint8Array): void => {
    if (length + data.byteLength > maxPieceBytes) {
      throw new AgentError(
        'frame_too_large',
        l10n.t('The guest sent more than the {0} bytes asked for.', maxPieceBytes),
      );
    }
    piece.set(data, length);
    length += data.byteLength;
  };
  await requestFile(channel, { Read: { handle, offset, len: maxPieceBytes } }, { ...options, onData });
  return piece.subarray(0, length);
}

async function writeTo(
  channel: FileChannel,
  path: string,
  how: Partial<typeof onlyRead>,
  content: AsyncIterable<Uint8Array>,
  options: CallOptions,
): Promise<void> {
  const open = { OpenFile: { path, options: { ...onlyRead, read: false, write: true, ...how } } };
  await withHandle(channel, path, open, options, async (handle) => {
    let offset = 0n;
    for await (const chunk of content) {
      for (let start = 0; start < chunk.byteLength; start += maxPieceBytes) {
        const piece = chunk.subarray(start, start + maxPieceBytes);
        const op = { Write: { handle, offset, len: piece.byteLength } };
        await requestFile(channel, op, { ...options, content: piece });
        offset += BigInt(piece.byteLength);
      }
    }
  });
}

/** Opens, uses and closes, the last however the use ended. */
async function withHandle<Result>(
  channel: FileChannel,
  path: string,
  open: CborInput,
  options: CallOptions,
  use: (handle: bigint) => Promise<Result>,
): Promise<Result> {
  const handle = await openHandle(channel, path, open, options);
  try {
    return await use(handle);
  } finally {
    await closeHandle(channel, handle, options);
  }
}

/** Closes a handle even for a caller that has given up. What went wrong before tells more than a failure of this. */
async function closeHandle(channel: FileChannel, handle: bigint, { timeoutMs }: CallOptions): Promise<void> {
  await requestFile(channel, { CloseHandle: { handle } }, { timeoutMs }).catch(() => undefined);
}

function factsOf({ kind, size, mode, modified, mtime, uid, gid }: FileEntry): FileFacts {
  return { kind, sizeBytes: size, mode: mode & 0o7777, modifiedSeconds: modified ?? mtime, uid, gid };
}

function noResult(path: string): AgentError {
  return new AgentError(
    'malformed_payload',
    l10n.t('The guest answered about {0} without what was asked for.', quoted(path, maxQuotedLength)),
  );
}
