import * as l10n from '../../base/l10n.ts';
import { plainText, quoted } from '../../base/text.ts';
import { AgentError, maxQuotedLength, withReason } from '../errors.ts';
import type { CallOptions } from '../rpc/channel.ts';
import type { Exchange, MicrosandboxChannel } from './channel.ts';
import type { CborInput } from './cbor.ts';
import type { MicrosandboxEnvelope } from './envelope.ts';
import type { Variant } from './fields.ts';
import { decodeMicrosandboxPayload, microsandboxMessage } from './messages.ts';

/** A channel that may read files: a relay's client or the agent's host. */
export type FileChannel = MicrosandboxChannel<'client'> | MicrosandboxChannel<'host'>;

/** Longest name of a message type that is quoted. */
const maxQuotedTypeLength = 64;

/** The beginning of a file inside the guest. */
export interface GuestFile {
  readonly bytes: Buffer;
  /** True when `maxBytes` were read and more may follow. */
  readonly truncated: boolean;
}

const { fsRequest, fsData, fsResponse } = microsandboxMessage;

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
  const data = await request(channel, { OpenFile: { path, options: readOnly } }, options);
  const handle = data?.name === 'Handle' ? data.content : undefined;
  if (typeof handle !== 'number' && typeof handle !== 'bigint') {
    throw new AgentError(
      'malformed_payload',
      l10n.t('The guest opened {0} but answered without a handle.', plainText(path, maxQuotedLength)),
    );
  }
  return BigInt(handle);
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
  await request(channel, { Read: { handle, offset: 0, len: maxBytes } }, options, (chunk) => {
    if (length + chunk.byteLength > maxBytes) {
      throw new AgentError(
        'frame_too_large',
        l10n.t('The guest sent more than the {0} bytes asked for.', maxBytes),
      );
    }
    bytes.set(chunk, length);
    length += chunk.byteLength;
  });
  return bytes.subarray(0, length);
}

async function closeFile(channel: FileChannel, handle: bigint, options: CallOptions): Promise<void> {
  await request(channel, { CloseHandle: { handle } }, options);
}

/** One file operation. Data that comes without being wanted is ignored. */
function request(
  channel: FileChannel,
  op: CborInput,
  options: CallOptions,
  onData: (chunk: Uint8Array) => void = () => undefined,
): Promise<Variant | null> {
  const exchange: Exchange<Variant | null> = {
    ...options,
    onMessage: (message) => {
      if (message.t === fsData.name) {
        onData(decodeMicrosandboxPayload(fsData, message.p).data);
        return 'more';
      }
      return { done: readResponse(message) };
    },
  };
  return channel.exchange(fsRequest, { op }, exchange);
}

function readResponse({ t, p }: MicrosandboxEnvelope): Variant | null {
  if (t !== fsResponse.name) {
    throw new AgentError(
      'unexpected_message_type',
      l10n.t('The agent answered {0} to a file request.', quoted(t, maxQuotedTypeLength)),
    );
  }
  const { ok, error, data } = decodeMicrosandboxPayload(fsResponse, p);
  if (ok) return data;
  const text = error ?? '';
  const message = withReason(l10n.t('The guest refused a file request'), text);
  throw new AgentError('remote_error', message, { remote: { text } });
}
