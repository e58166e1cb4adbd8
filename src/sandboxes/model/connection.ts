import type { AgentError, AgentErrorCode } from '../../agent/errors.ts';

/** Where a sandbox's connection stands. Times are milliseconds since the Unix epoch. */
export type ConnectionState =
  /** Nobody wants it connected. */
  | { readonly phase: 'idle' }
  /** A connection is being opened; `lastError` says why the previous one failed. */
  | { readonly phase: 'connecting'; readonly attempt: number; readonly lastError: AgentError | null }
  | { readonly phase: 'open'; readonly sinceMs: number }
  /** Waiting before the next attempt. */
  | {
      readonly phase: 'backoff';
      readonly attempt: number;
      readonly retryAtMs: number;
      readonly lastError: AgentError;
    }
  /** Given up, because trying again cannot help. */
  | { readonly phase: 'failed'; readonly lastError: AgentError };

/** What can happen to a connection. */
export type ConnectionEvent =
  /** Somebody wants it connected, or wants the next attempt at once. */
  | { readonly kind: 'connect' }
  /** The stream is open and one round trip has succeeded. */
  | { readonly kind: 'opened'; readonly nowMs: number }
  /** The attempt or the connection failed. `random` is in [0, 1). */
  | { readonly kind: 'lost'; readonly error: AgentError; readonly nowMs: number; readonly random: number }
  | { readonly kind: 'retryDue' }
  | { readonly kind: 'disconnect' };

const minDelayMs = 250;
const maxDelayMs = 30_000;
const jitter = 0.1;

/** Codes that a retry with the same settings cannot cure. */
const permanentCodes: ReadonlySet<AgentErrorCode> = new Set(['invalid_endpoint', 'unsupported', 'usage']);

/** The next state. Pure: the driver acts on the difference between two states. */
export function nextConnectionState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.kind) {
    case 'connect':
      return state.phase === 'open' || state.phase === 'connecting'
        ? state
        : { phase: 'connecting', attempt: 1, lastError: state.phase === 'idle' ? null : state.lastError };
    case 'opened':
      return state.phase === 'connecting' ? { phase: 'open', sinceMs: event.nowMs } : state;
    case 'lost': {
      if (state.phase !== 'connecting' && state.phase !== 'open') return state;
      if (permanentCodes.has(event.error.code)) return { phase: 'failed', lastError: event.error };
      const attempt = state.phase === 'connecting' ? state.attempt : 0;
      const retryAtMs = event.nowMs + backoffMs(attempt, event.random);
      return { phase: 'backoff', attempt, retryAtMs, lastError: event.error };
    }
    case 'retryDue':
      return state.phase === 'backoff'
        ? { phase: 'connecting', attempt: state.attempt + 1, lastError: state.lastError }
        : state;
    case 'disconnect':
      return { phase: 'idle' };
  }
}

/** Milliseconds before the attempt that follows `attempt`: 250 doubling up to 30 000, 10 % up or down. */
export function backoffMs(attempt: number, random: number): number {
  const delayMs = Math.min(minDelayMs * 2 ** Math.min(attempt, 20), maxDelayMs);
  return Math.round(delayMs * (1 - jitter + 2 * jitter * random));
}

/** Why the sandbox cannot be used; `null` while nothing has gone wrong. */
export function connectionError(state: ConnectionState): AgentError | null {
  return state.phase === 'idle' || state.phase === 'open' ? null : state.lastError;
}
