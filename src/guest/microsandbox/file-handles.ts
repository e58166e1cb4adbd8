import type { Dir } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Handles that one client may have open. */
export const maxHandlesPerClient = 1024;

/** What a handle stands for. */
export type OpenEntry =
  | { readonly kind: 'file'; readonly file: FileHandle; isClosed: boolean }
  | { readonly kind: 'folder'; readonly folder: Dir; readonly path: string; isClosed: boolean };

/** The open files and folders of one client, whose handles no other client can use. */
export class FileHandles {
  readonly #open = new Map<bigint, { readonly entry: OpenEntry; readonly id: number }>();
  #last = 0n;

  get isFull(): boolean {
    return this.#open.size >= maxHandlesPerClient;
  }

  /** Keeps an entry that the request of the id `id` opened; returns its handle. */
  add(entry: OpenEntry, id: number): bigint {
    this.#open.set(++this.#last, { entry, id });
    return this.#last;
  }

  get(handle: bigint): OpenEntry | undefined {
    return this.#open.get(handle)?.entry;
  }

  /** Closes what the handle stands for; false for no handle. A read under way ends before its next piece. */
  close(handle: bigint): boolean {
    const open = this.#open.get(handle);
    if (open === undefined) return false;
    this.#open.delete(handle);
    closeEntry(open.entry);
    return true;
  }

  /** Closes what was opened under the ids that `isMeant` chooses. */
  release(isMeant: (id: number) => boolean): void {
    for (const [handle, { id }] of this.#open) if (isMeant(id)) this.close(handle);
  }
}

/** Closes an entry; Node waits for the operations on it. */
export function closeEntry(entry: OpenEntry): void {
  entry.isClosed = true;
  const closing = entry.kind === 'file' ? entry.file.close() : entry.folder.close();
  // Nobody waits for it, and all that was written has been answered.
  closing.catch(() => undefined);
}
