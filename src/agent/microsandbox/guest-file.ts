import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import type { CallOptions } from '../rpc/channel.ts';
import { openHandle, requestFile, type FileChannel } from './file-request.ts';

/** The beginning of a file inside the guest. */
export interface GuestFile {
  readonly bytes: Buffer;
  /** True when `maxBytes` were read and more may follow. */
  readonly truncated: boolean;
}

/**
 * Reads up to `maxBytes` of a file inside the guest. Works for files under /proc, whose size is not known before.
 *
 * @throws AgentError `remote_error` when the guest cannot open or read it, and those of an exchange.
 */
export async function readGuestFile(
  channel: FileChannel,
  path: string,
  maxBytes: number,
  options: CallOptions,
): Promise<GuestFile> {
  const handle = await openFile(channel, path, options);
  let bytes: Buffer;
  try {
    bytes = await readFrom(channel, handle, maxBytes, options);
  } catch (error) {
    // The first error tells more than a failure to tidy up after it.
    await closeFile(channel, handle, options).catch(() => undefined);
    throw error;
  }
  await closeFile(channel, handle, options);
  return { bytes, truncated: bytes.length >= maxBytes };
}

async function openFile(channel: FileChannel, path: string, options: CallOptions): Promise<bigint> {
  const readOnly = {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    create_new: false,
  };
  return openHandle(channel, path, { OpenFile: { path, options: readOnly } }, options);
}

async function readFrom(
  channel: FileChannel,
  handle: bigint,
  maxBytes: number,
  options: CallOptions,
): Promise<Buffer> {
  // One buffer, because a list of chunks would grow with their number, and an empty chunk costs the guest nothing.
  const bytes = Buffer.allocUnsafeSlow(maxBytes);
  let length = 0;
  const op = { Read: { handle, offset: 0, len: maxBytes } };
  const onData = (chunk: Uint8Array): void => {
    if (length + chunk.byteLength > maxBytes) {
      throw new AgentError(
        'frame_too_large',
        l10n.t('The guest sent more than the {0} bytes asked for.', maxBytes),
      );
    }
    bytes.set(chunk, length);
    length += chunk.byteLength;
  };
  await requestFile(channel, op, { ...options, onData });
  return bytes.subarray(0, length);
}

async function closeFile(channel: FileChannel, handle: bigint, options: CallOptions): Promise<void> {
  await requestFile(channel, { CloseHandle: { handle } }, options);
}
