import { readFile } from 'node:fs/promises';
import type { Outgoing } from '../../agent/microsandbox/encoder.ts';
import type { Variant } from '../../agent/microsandbox/fields.ts';
import { isCborMap, type CborMap } from '../../agent/microsandbox/cbor.ts';
import type { microsandboxMessage, PayloadOf } from '../../agent/microsandbox/messages.ts';

/** The only files that may be read through the agent; they tell which sockets listen and nothing private. */
const readablePaths: ReadonlySet<string> = new Set(['/proc/net/tcp', '/proc/net/tcp6']);

const maxHandlesPerOwner = 1024;
const maxFileBytes = 4 * 1024 * 1024;

/** The answer to one file operation. */
export interface FileAnswer {
  readonly data: Uint8Array;
  readonly response: Outgoing<PayloadOf<typeof microsandboxMessage.fsResponse>>;
}

interface OpenFile {
  readonly path: string;
  readonly owner: object;
  /** Correlation id that opened it. */
  readonly id: number;
}

/** The part of `core.fs` that the reference agent offers: reading {@link readablePaths}. Everything else is refused. */
export class MicrosandboxFiles {
  readonly #open = new Map<bigint, OpenFile>();
  #lastHandle = 0n;

  /** Does one operation for the connection `owner`, whose handles no other connection can use. */
  async perform({ name, content }: Variant, id: number, owner: object): Promise<FileAnswer> {
    if (!isCborMap(content)) return refusal('the operation has no fields');
    switch (name) {
      case 'OpenFile':
        return this.#openFile(content, id, owner);
      case 'Read':
        return this.#read(content, owner);
      case 'CloseHandle': {
        const handle = this.#find(content, owner);
        if (handle === undefined) return refusal('invalid handle');
        this.#open.delete(handle);
        return success(null);
      }
      default:
        return refusal(`the reference agent does not offer ${name.slice(0, 32)}`);
    }
  }

  /** Closes what `owner` has open; with `range` only what was opened under its ids. */
  release(owner: object, range?: { readonly id_start: number; readonly id_end_exclusive: number }): void {
    for (const [handle, file] of this.#open) {
      const inRange = range === undefined || (file.id >= range.id_start && file.id < range.id_end_exclusive);
      if (file.owner === owner && inRange) this.#open.delete(handle);
    }
  }

  #openFile(fields: CborMap, id: number, owner: object): FileAnswer {
    const path = fields.get('path');
    const options = fields.get('options');
    if (typeof path !== 'string' || !readablePaths.has(path)) {
      return refusal(`only ${[...readablePaths].join(' and ')} can be opened`);
    }
    if (!isCborMap(options) || options.get('read') !== true || options.get('write') !== false) {
      return refusal(`${path} can only be opened for reading`);
    }
    if ([...this.#open.values()].filter((file) => file.owner === owner).length >= maxHandlesPerOwner) {
      return refusal(`${maxHandlesPerOwner} handles are open`);
    }
    this.#open.set(++this.#lastHandle, { path, owner, id });
    return success({ Handle: this.#lastHandle });
  }

  async #read(fields: CborMap, owner: object): Promise<FileAnswer> {
    const handle = this.#find(fields, owner);
    const file = handle === undefined ? undefined : this.#open.get(handle);
    if (file === undefined) return refusal('invalid handle');
    const offset = sizeOf(fields.get('offset')) ?? 0;
    const length = sizeOf(fields.get('len')) ?? maxFileBytes;
    try {
      const content = await readFile(file.path);
      return { ...success(null), data: content.subarray(offset, offset + Math.min(length, maxFileBytes)) };
    } catch (error) {
      return refusal(error instanceof Error ? error.message : String(error));
    }
  }

  #find(fields: CborMap, owner: object): bigint | undefined {
    const value = fields.get('handle');
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
    const handle = BigInt(value);
    return this.#open.get(handle)?.owner === owner ? handle : undefined;
  }
}

const noData = new Uint8Array();

function sizeOf(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function success(data: { readonly Handle: bigint } | null): FileAnswer {
  return { data: noData, response: { ok: true, error: null, data } };
}

function refusal(error: string): FileAnswer {
  return { data: noData, response: { ok: false, error, data: null } };
}
