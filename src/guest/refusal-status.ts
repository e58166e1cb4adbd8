import { Refusal, type RefusalKind } from './service.ts';

/** The statuses that ttrpc and gRPC share and that the reference agent answers with. */
export const statusCode = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

const codeByKind: Readonly<Record<RefusalKind, number>> = {
  invalid_argument: statusCode.invalidArgument,
  unimplemented: statusCode.unimplemented,
  permission_denied: statusCode.permissionDenied,
  internal: statusCode.internal,
};

/** Status and text to answer with when a method threw `error`; anything but a Refusal is INTERNAL. */
export function statusOf(error: unknown): { readonly code: number; readonly text: string } {
  if (error instanceof Refusal) return { code: codeByKind[error.kind], text: error.message };
  return { code: statusCode.internal, text: error instanceof Error ? error.message : String(error) };
}
