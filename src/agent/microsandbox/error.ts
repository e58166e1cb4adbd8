import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { AgentError, withReason } from '../errors.ts';
import type { microsandboxMessage, PayloadOf } from './messages.ts';

/**
 * The kinds of `core.error` and what they become here.
 *
 * | kind | code |
 * |---|---|
 * | `unsupported_message_type`, `unsupported_protocol_generation`, `capability_unavailable` | `unsupported` |
 * | `malformed_message`, `invalid_flags`, `invalid_payload`, `invalid_session`, `initialization_failed`, any other | `remote_error` |
 */
export const microsandboxErrorKinds = [
  'malformed_message',
  'unsupported_message_type',
  'unsupported_protocol_generation',
  'invalid_flags',
  'invalid_payload',
  'invalid_session',
  'initialization_failed',
  'capability_unavailable',
] as const;

/** One of {@link microsandboxErrorKinds}. */
export type MicrosandboxErrorKind = (typeof microsandboxErrorKinds)[number];

/** Longest name of a kind or of a message type that is quoted. */
const maxNameLength = 64;

type ErrorPayload = PayloadOf<typeof microsandboxMessage.error>;

/** The AgentError for a received `core.error`. */
export function remoteErrorOf(payload: ErrorPayload): AgentError {
  const { kind, message, offending_type: offendingType } = payload;
  const why = withReason(describe(payload), message);
  const advice = adviceFor(payload);
  return new AgentError(
    kind.startsWith('unsupported_') || kind === 'capability_unavailable' ? 'unsupported' : 'remote_error',
    advice === undefined ? why : l10n.t('{0}. {1}', why, advice),
    { remote: { kind, text: message, ...(offendingType !== null && { offendingType }) } },
  );
}

function describe({ kind, offending_type: offendingType }: ErrorPayload): PlainText {
  if (kind === 'initialization_failed') return l10n.t('The guest could not be set up');
  if (kind === 'capability_unavailable') return l10n.t('The guest lacks what this needs');
  const name = plainText(kind, maxNameLength);
  return offendingType === null
    ? l10n.t('The agent answered {0}', name)
    : l10n.t('The agent answered {0} about {1}', name, plainText(offendingType, maxNameLength));
}

/** What to do next, where the agent's answer tells. */
function adviceFor({ init_failure, workload_failure }: ErrorPayload): PlainText | undefined {
  if (init_failure === 'user_not_found')
    return l10n.t('The user that the sandbox is configured with does not exist in its image: name another.');
  if (init_failure === 'group_not_found')
    return l10n.t('The group that the sandbox is configured with does not exist in its image: name another.');
  if (workload_failure?.disposition === 'recovery_required')
    return l10n.t('Stop the sandbox and start it again.');
  return undefined;
}
