import * as l10n from '../../base/l10n.ts';
import { plainText } from '../../base/text.ts';
import { AgentError, withReason } from '../errors.ts';
import type { microsandboxMessage, PayloadOf } from './messages.ts';

/**
 * The kinds of `core.error` and what they become here.
 *
 * | kind | code |
 * |---|---|
 * | `unsupported_message_type`, `unsupported_protocol_generation` | `unsupported` |
 * | `malformed_message`, `invalid_flags`, `invalid_payload`, `invalid_session`, any other | `remote_error` |
 */
export const microsandboxErrorKinds = [
  'malformed_message',
  'unsupported_message_type',
  'unsupported_protocol_generation',
  'invalid_flags',
  'invalid_payload',
  'invalid_session',
] as const;

/** One of {@link microsandboxErrorKinds}. */
export type MicrosandboxErrorKind = (typeof microsandboxErrorKinds)[number];

/** Longest part of the agent's text that is quoted in a message; {@link AgentError.remote} has all of it. */
const maxQuotedLength = 500;

/** The AgentError for a received `core.error`. */
export function remoteErrorOf({
  kind,
  message,
  offending_type: offendingType,
}: PayloadOf<typeof microsandboxMessage.error>): AgentError {
  const code = kind.startsWith('unsupported_') ? 'unsupported' : 'remote_error';
  const event =
    offendingType === null
      ? l10n.t('The agent answered {0}', plainText(kind, 64))
      : l10n.t('The agent answered {0} about {1}', plainText(kind, 64), plainText(offendingType, 64));
  return new AgentError(code, withReason(event, message.slice(0, maxQuotedLength)), {
    remote: { kind, text: message, ...(offendingType !== null && { offendingType }) },
  });
}
