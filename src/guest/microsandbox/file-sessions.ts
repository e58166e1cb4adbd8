import type { FileHandle } from 'node:fs/promises';
import type { CborInput } from '../../agent/microsandbox/cbor.ts';
import type { MicrosandboxEncoder } from '../../agent/microsandbox/encoder.ts';
import type { Variant } from '../../agent/microsandbox/fields.ts';
import {
  readFileOperation,
  type FileOperation,
  type FileOperations,
} from '../../agent/microsandbox/file-messages.ts';
import { microsandboxMessage as message } from '../../agent/microsandbox/messages.ts';
import { errnoOf } from '../programs/failure.ts';
import { closeEntry, FileHandles, maxHandlesPerClient, type OpenEntry } from './file-handles.ts';
import {
  openFile,
  openFolder,
  pathOperations,
  readEntries,
  setHandleAttributes,
  statHandle,
} from './file-operations.ts';
import type { Outlet } from './outlet.ts';

/** What may be read without leave: it tells which sockets listen and nothing private. */
const alwaysReadable: ReadonlySet<string> = new Set(['/proc/net/tcp', '/proc/net/tcp6']);

/** Operations of one client under way at which its connection is read no further. */
const maxOperationsAtOnce = 64;

/** Writes of one client that wait for their content. */
const maxWritesAtOnce = 64;

/** File content travels in pieces of this size. */
const pieceBytes = 256 * 1024;

interface Write {
  readonly file: FileHandle;
  readonly promised: bigint | null;
  readonly start: number;
  written: number;
}

type Data = Readonly<Record<string, CborInput>> | undefined;

/** The file operations of one client: `core.fs`. Without leave only {@link alwaysReadable} can be read. */
export class FileSessions {
  readonly #encoder: MicrosandboxEncoder<'guest'>;
  readonly #outlet: Outlet;
  readonly #isAllowed: boolean;
  readonly #handles = new FileHandles();
  readonly #writes = new Map<number, Write>();
  readonly #underWay = new Map<number, Promise<void>>();
  /** Operations begin in the order of their requests; reads and writes then go on beside the others. */
  #turn: Promise<void> = Promise.resolve();
  readonly #releases: ((id: number) => boolean)[] = [];

  constructor(encoder: MicrosandboxEncoder<'guest'>, outlet: Outlet, isAllowed: boolean) {
    this.#encoder = encoder;
    this.#outlet = outlet;
    this.#isAllowed = isAllowed;
  }

  has(id: number): boolean {
    return this.#underWay.has(id) || this.#writes.has(id);
  }

  /** Begins an operation under the id, which must be free. Resolves when the connection may be read on. */
  async request(id: number, op: Variant): Promise<readonly Buffer[]> {
    const operation = readFileOperation(op);
    if (operation === undefined)
      return [
        this.#failure(id, new Error(`The operation ${op.name.slice(0, 32)} is unknown or has wrong fields.`)),
      ];
    const begun = this.#turn.then(() => this.#begin(id, operation));
    this.#turn = begun.then(() => undefined);
    const done = begun
      .then(({ finished }) => finished)
      .then(async (answer) => {
        this.#underWay.delete(id);
        if (answer !== undefined) await this.#outlet.send(answer);
      });
    this.#underWay.set(id, done);
    // The content of a write may be the next frame.
    if (operation.name === 'Write') await begun;
    while (this.#underWay.size >= maxOperationsAtOnce) await Promise.race(this.#underWay.values());
    return [];
  }

  /** Content for a write; an empty piece ends it. Resolves when it is written. */
  async data(id: number, data: Uint8Array): Promise<readonly Buffer[]> {
    const write = this.#writes.get(id);
    if (write === undefined) return [];
    const { file, promised, start } = write;
    try {
      if (data.byteLength === 0) {
        this.#writes.delete(id);
        if (promised !== null && promised !== BigInt(write.written))
          throw new Error(`write: ${write.written} bytes came where ${promised} were promised`);
        return [this.#success(id, undefined)];
      }
      if (promised !== null && BigInt(write.written + data.byteLength) > promised)
        throw new Error(`write: more than the ${promised} promised bytes came`);
      for (let done = 0; done < data.byteLength;) {
        const at = start + write.written;
        const { bytesWritten } = await file.write(data, done, data.byteLength - done, at);
        done += bytesWritten;
        write.written += bytesWritten;
      }
      return [];
    } catch (error) {
      this.#writes.delete(id);
      return [this.#failure(id, error)];
    }
  }

  /** Closes what was opened under the ids that `isMeant` chooses, and what is being opened. */
  release(isMeant: (id: number) => boolean): void {
    this.#handles.release(isMeant);
    for (const id of this.#writes.keys()) if (isMeant(id)) this.#writes.delete(id);
    const opening = this.#turn;
    this.#releases.push(isMeant);
    void opening.then(() => {
      this.#handles.release(isMeant);
      this.#releases.splice(this.#releases.indexOf(isMeant), 1);
    });
  }

  /** Resolves when the next operation may begin, with the promise of this one's answer, if one is due now. */
  async #begin(
    id: number,
    operation: FileOperation,
  ): Promise<{ readonly finished: Promise<Buffer | undefined> }> {
    const answered = (answer: Buffer | undefined): { readonly finished: Promise<Buffer | undefined> } => ({
      finished: Promise.resolve(answer),
    });
    try {
      if (this.#releases.some((isMeant) => isMeant(id))) return answered(undefined);
      if (!this.#isAllowed && !isAlwaysAllowed(operation))
        throw new Error('The agent was started without --allow-files.');
      if (operation.name === 'Read') {
        const finished = this.#read(id, operation.fields);
        return { finished: finished.catch((error: unknown) => this.#failure(id, error)) };
      }
      if (operation.name === 'Write') {
        this.#beginWrite(id, operation.fields);
        return answered(undefined);
      }
      return answered(this.#success(id, await this.#perform(id, operation)));
    } catch (error) {
      return answered(this.#failure(id, error));
    }
  }

  async #perform(
    id: number,
    operation: Exclude<FileOperation, { readonly name: 'Read' | 'Write' }>,
  ): Promise<Data> {
    const { name, fields } = operation;
    switch (name) {
      case 'OpenFile':
        this.#checkRoom();
        return this.#keep({ kind: 'file', file: await openFile(fields), isClosed: false }, id);
      case 'OpenDir': {
        this.#checkRoom();
        const folder = await openFolder(fields.path);
        return this.#keep({ kind: 'folder', folder, path: fields.path, isClosed: false }, id);
      }
      case 'CloseHandle':
        if (!this.#handles.close(fields.handle)) throw invalidHandle();
        return undefined;
      case 'ReadDir': {
        const entry = this.#handles.get(fields.handle);
        if (entry?.kind !== 'folder') throw invalidHandle();
        return { List: await readEntries(entry.folder, entry.path, fields.limit) };
      }
      case 'FStat':
        return { Stat: await statHandle(this.#file(fields.handle)) };
      case 'FSetStat':
        await setHandleAttributes(this.#file(fields.handle), fields.attrs);
        return undefined;
      default: {
        // The table gives each name its fields.
        const perform = pathOperations[name] as (known: typeof fields) => Promise<unknown>;
        return (await perform(fields)) as Data;
      }
    }
  }

  /** Sends the content in pieces as the peer takes them; resolves to what ends it. */
  async #read(id: number, { handle, offset, len }: FileOperations['Read']): Promise<Buffer | undefined> {
    const entry = this.#handles.get(handle);
    if (entry?.kind !== 'file') throw invalidHandle();
    const end = len === null ? Infinity : Number(offset + len);
    for (let at = positionOf(offset); at < end;) {
      if (entry.isClosed) throw new Error('read: The handle was closed.');
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - at));
      const { bytesRead } = await entry.file.read(piece, 0, piece.byteLength, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const data = piece.subarray(0, bytesRead);
      if (!(await this.#outlet.send(this.#encoder.encode(message.fsData, id, { data })))) return undefined;
    }
    return this.#success(id, undefined);
  }

  #beginWrite(id: number, { handle, offset, len }: FileOperations['Write']): void {
    if (this.#writes.size >= maxWritesAtOnce)
      throw new Error(`write: ${maxWritesAtOnce} writes are under way`);
    this.#writes.set(id, {
      file: this.#file(handle),
      promised: len,
      start: positionOf(offset),
      written: 0,
    });
  }

  #file(handle: bigint): FileHandle {
    const entry = this.#handles.get(handle);
    if (entry?.kind !== 'file') throw invalidHandle();
    return entry.file;
  }

  #checkRoom(): void {
    if (this.#handles.isFull) throw new Error(`open: ${maxHandlesPerClient} handles are open`);
  }

  #keep(entry: OpenEntry, id: number): Data {
    if (this.#releases.some((isMeant) => isMeant(id))) {
      closeEntry(entry);
      throw invalidHandle();
    }
    return { Handle: this.#handles.add(entry, id) };
  }

  #success(id: number, data: Data): Buffer {
    return this.#encoder.encode(message.fsResponse, id, { ok: true, error: null, data: data ?? null });
  }

  #failure(id: number, error: unknown): Buffer {
    return this.#encoder.encode(message.fsResponse, id, { ok: false, error: sentenceOf(error), data: null });
  }
}

function isAlwaysAllowed({ name, fields }: FileOperation): boolean {
  if (name === 'Read' || name === 'CloseHandle') return true;
  if (name !== 'OpenFile' || !alwaysReadable.has(fields.path)) return false;
  const { read, write, append, create, truncate, create_new: createNew } = fields.options;
  return read && !(write || append || create || truncate || createNew);
}

function invalidHandle(): Error {
  return new Error('invalid handle');
}

function positionOf(offset: bigint): number {
  const position = Number(offset);
  if (!Number.isSafeInteger(position)) throw new Error('The offset is beyond every file.');
  return position;
}

/** An error as the real agent words it, `open: No such file or directory (os error 2)`, which clients read. */
function sentenceOf(error: unknown): string {
  const { code, syscall, message: text } = error as NodeJS.ErrnoException;
  const errno = errnoOf(code);
  const [, description] = /^\w+: ([^,]+)/.exec(text) ?? [];
  if (errno === undefined || description === undefined) return text;
  const capital = description.charAt(0).toUpperCase() + description.slice(1);
  return `${syscall ?? 'file'}: ${capital} (os error ${errno})`;
}
