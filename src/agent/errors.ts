import * as l10n from '../base/l10n.ts';
import { joined, plainText, type PlainText } from '../base/text.ts';

/**
 * Everything that can go wrong between a caller and a guest agent, as a closed set of codes.
 *
 * | code | meaning |
 * |---|---|
 * | `unreachable` | no stream could be opened: refused, missing, not a socket, unknown host |
 * | `connection_closed` | the peer closed cleanly while a call was waiting |
 * | `timeout` | the deadline passed |
 * | `cancelled` | the caller gave up |
 * | `remote_error` | the agent answered with an error of its own, see {@link AgentError.remote} |
 * | `unsupported` | this agent, or its generation, lacks the call |
 * | `not_permitted` | refused by the agent's configuration or by ours |
 * | `invalid_endpoint` | the endpoint's text cannot be understood |
 * | `usage` | the command line cannot be understood |
 * | `invalid_frame` | the framing contradicts itself |
 * | `truncated_frame` | the stream ended inside a frame |
 * | `frame_too_large` | a frame is announced, or would be sent, beyond the limit |
 * | `malformed_payload` | framing is intact, the message inside is not |
 * | `unexpected_message_type` | a message that cannot answer the waiting call |
 * | `unsolicited_message` | a message nobody waits for |
 * | `handshake_failed` | the opening exchange went wrong, or another protocol answers |
 */
export const agentErrorCodes = [
  'unreachable',
  'connection_closed',
  'timeout',
  'cancelled',
  'remote_error',
  'unsupported',
  'not_permitted',
  'invalid_endpoint',
  'usage',
  'invalid_frame',
  'truncated_frame',
  'frame_too_large',
  'malformed_payload',
  'unexpected_message_type',
  'unsolicited_message',
  'handshake_failed',
] as const;

/** One of {@link agentErrorCodes}. */
export type AgentErrorCode = (typeof agentErrorCodes)[number];

/** Longest text of somebody else that is quoted in a message, in UTF-16 units. */
export const maxQuotedLength = 300;

/** Longest text of an agent that is kept with its error, in UTF-16 units. */
export const maxRemoteTextLength = 8192;

/** What the agent itself said, untouched and untrusted: for programs to compare, never to be shown. */
export interface RemoteError {
  /** The agent's number; HTTP-like, gRPC or an errno, depending on who speaks. Absent when it gave none. */
  readonly code?: number;
  /** A symbolic kind, where the protocol has one (microsandbox `core.error`). */
  readonly kind?: string;
  /** The agent's text, of at most {@link maxRemoteTextLength}; may be empty. */
  readonly text: string;
  /** The message type the agent complains about, where it says so. */
  readonly offendingType?: string;
}

/** Optional parts of an {@link AgentError}. */
export interface AgentErrorOptions {
  readonly cause?: unknown;
  readonly remote?: RemoteError;
}

/** Sentences that follow each other, as one text; empty ones are left out. */
export function sentences(...parts: readonly PlainText[]): PlainText {
  return parts
    .filter((part) => part !== '')
    .reduce((text, next) => (text === '' ? next : l10n.t('{0} {1}', text, next)), joined([], ''));
}

/** What happened, with the words that were given for it, which are somebody else's and may be none. */
export function withReason(event: PlainText, words: string): PlainText {
  const quotedWords = plainText(words, maxQuotedLength);
  return quotedWords === ''
    ? l10n.t('{0}, without saying why', event)
    : l10n.t('{0}, saying: {1}', event, quotedWords);
}

/** The only error that leaves `src/agent`. Its message is a sentence a person can act on, and may be shown. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  /** Set when `code` is `remote_error` or when another code was derived from the agent's answer. */
  readonly remote: RemoteError | undefined;

  declare readonly message: PlainText;

  constructor(code: AgentErrorCode, message: PlainText, options: AgentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remote = options.remote && boundRemote(options.remote);
  }

  /** What the operating system calls the cause, such as `ENOENT`; `undefined` where it was not at fault. */
  get systemCode(): string | undefined {
    const { cause } = this;
    if (cause instanceof AgentError) return cause.systemCode;
    return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
      ? cause.code
      : undefined;
  }

  /** Returns `error` itself when it is an AgentError, otherwise one with `fallback` as its code that quotes it. */
  static from(error: unknown, fallback: AgentErrorCode): AgentError {
    return error instanceof AgentError ? error : new AgentError(fallback, messageOf(error), { cause: error });
  }

  /** The same error with its message led by `subject`, usually the endpoint or the call. */
  about(subject: PlainText): AgentError {
    return new AgentError(this.code, l10n.t('{0}: {1}', subject, this.message), {
      cause: this,
      ...(this.remote && { remote: this.remote }),
    });
  }
}

/** The agent's words at a length that can be kept. */
function boundRemote(remote: RemoteError): RemoteError {
  const { text, kind, offendingType } = remote;
  return {
    ...remote,
    text: firstPart(text),
    ...(kind !== undefined && { kind: firstPart(kind) }),
    ...(offendingType !== undefined && { offendingType: firstPart(offendingType) }),
  };
}

/** A copy where something is cut off, because a slice would keep all of the text in memory. */
function firstPart(text: string): string {
  if (text.length <= maxRemoteTextLength) return text;
  return Buffer.from(text.slice(0, maxRemoteTextLength), 'utf16le').toString('utf16le');
}

/** What an error of any kind says, as text that may be shown; only that of an AgentError is ours. */
export function messageOf(error: unknown): PlainText {
  if (error instanceof AgentError) return error.message;
  return plainText(error instanceof Error ? error.message : String(error), maxQuotedLength);
}
