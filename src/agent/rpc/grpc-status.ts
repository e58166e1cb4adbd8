import * as l10n from '../../base/l10n.ts';
import { AgentError, withReason, type AgentErrorCode } from '../errors.ts';

/** The status codes that ttrpc and gRPC share, by number. */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/**
 * What a status means here, where it has a meaning of its own. RESOURCE_EXHAUSTED is what the runtimes of both wires
 * raise for a message over a size limit, and nothing in the schema has quotas. All others are `remote_error`.
 */
const meanings: ReadonlyMap<number, AgentErrorCode> = new Map([
  [4, 'timeout'],
  [7, 'not_permitted'],
  [8, 'frame_too_large'],
  [12, 'unsupported'],
  [16, 'not_permitted'],
]);

/** The error for a call that ended with a status other than OK; `remote` holds its number and text. */
export function statusError(code: number, text: string): AgentError {
  const name = names[code];
  const event =
    name === undefined
      ? l10n.t('The call ended with an unknown status ({0})', code)
      : l10n.t('The call ended with {0} ({1})', name, code);
  return new AgentError(meanings.get(code) ?? 'remote_error', withReason(event, text), {
    remote: { code, text, ...(name !== undefined && { kind: name }) },
  });
}
