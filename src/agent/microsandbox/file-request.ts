import * as l10n from '../../base/l10n.ts';
import { plainText, quoted } from '../../base/text.ts';
import { AgentError, maxQuotedLength, withReason } from '../errors.ts';
import type { CallOptions } from '../rpc/channel.ts';
import type { Exchange, MicrosandboxChannel } from './channel.ts';
import type { CborInput } from './cbor.ts';
import type { MicrosandboxEnvelope } from './envelope.ts';
import type { Variant } from './fields.ts';
import { readFileResult } from './file-messages.ts';
import { decodeMicrosandboxPayload, microsandboxMessage } from './messages.ts';

/** A channel that may reach files: a relay's client or the agent's host. */
export type FileChannel = MicrosandboxChannel<'client'> | MicrosandboxChannel<'host'>;

/** Longest name of a message type that is quoted. */
const maxQuotedTypeLength = 64;

/** Content in one message, far below the 256 KiB that a request may have. */
const maxSentBytes = 128 * 1024;

const { fsRequest, fsData, fsResponse } = microsandboxMessage;

/** The content that one operation carries besides its fields. */
export interface FileRequestOptions extends CallOptions {
  /** Takes what the guest sends of a file; without it that is ignored. */
  readonly onData?: (piece: Uint8Array) => void;
  /** Sent after the request, of a length that is not 0. */
  readonly content?: Uint8Array;
}

/**
 * One file operation.
 *
 * @throws AgentError `remote_error` with the guest's words when it refuses, and those of an exchange.
 */
export function requestFile(
  channel: FileChannel,
  op: CborInput,
  { content, onData, ...options }: FileRequestOptions,
): Promise<Variant | null> {
  const exchange: Exchange<Variant | null> = {
    ...options,
    follow: (send) => {
      if (content === undefined) return;
      for (let start = 0; start < content.byteLength; start += maxSentBytes) {
        send(fsData, { data: content.subarray(start, start + maxSentBytes) });
      }
      send(fsData, { data: new Uint8Array() });
    },
    onMessage: (message) => {
      if (message.t === fsData.name) {
        onData?.(decodeMicrosandboxPayload(fsData, message.p).data);
        return 'more';
      }
      return { done: readResponse(message) };
    },
  };
  return channel.exchange(fsRequest, { op }, exchange);
}

/** The handle that `OpenFile` or `OpenDir` of `path` gives. */
export async function openHandle(
  channel: FileChannel,
  path: string,
  op: CborInput,
  options: CallOptions,
): Promise<bigint> {
  const handle = readFileResult('Handle', await requestFile(channel, op, options));
  if (handle !== undefined) return handle;
  throw new AgentError(
    'malformed_payload',
    l10n.t('The guest opened {0} but answered without a handle.', plainText(path, maxQuotedLength)),
  );
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
