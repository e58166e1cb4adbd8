import type { AgentError, AgentErrorCode } from '../../agent/errors.ts';
import { backoffMs } from '../../base/backoff.ts';

/** What every state of a connection knows. */
interface Numbered {
  /** Number of the latest attempt, 0 before the first. Never used again, so that what is late can be told. */
  readonly attempt: number;
}

/** What is known of the attempts since the connection was last steady. */
interface Trying extends Numbered {
  /** Attempts and connections that failed in a row. */
  readonly failures: number;
}

/**
 * Where a sandbox's connection stands. Times are milliseconds since the Unix epoch. In every phase but `idle` somebody
 * wants the sandbox connected, and its own tool does not say that it is not running.
 */
export type ConnectionState =
  /** Nobody wants it connected, or it cannot answer: at most one of the two flags is true. */
  | (Numbered & { readonly phase: 'idle'; readonly isWanted: boolean; readonly mayAnswer: boolean })
  /** A connection is being opened; `lastError` says why the previous one failed. */
  | (Trying & { readonly phase: 'connecting'; readonly lastError: AgentError | null })
  /** The stream is open and a round trip has succeeded on it. */
  | (Trying & { readonly phase: 'open'; readonly sinceMs: number })
  /** Waiting before the next attempt. */
  | (Trying & { readonly phase: 'backoff'; readonly retryAtMs: number; readonly lastError: AgentError })
  /** Trying again with the same settings will hardly help; it is looked at again slowly, and when somebody looks. */
  | (Trying & { readonly phase: 'failed'; readonly retryAtMs: number; readonly lastError: AgentError });

/** What can happen to a connection. An event that carries the number of another attempt than the latest changes nothing. */
export type ConnectionEvent =
  /** Somebody wants it connected, or wants the next attempt at once. */
  | { readonly kind: 'connect' }
  /** Nobody wants it connected any more. */
  | { readonly kind: 'disconnect' }
  /** What is open is wanted anew. */
  | { readonly kind: 'reconnect' }
  /** The tool that owns the sandbox tells whether it runs. */
  | { readonly kind: 'mayAnswer'; readonly mayAnswer: boolean }
  /** The stream of the attempt is open and one round trip has succeeded. */
  | { readonly kind: 'opened'; readonly attempt: number; readonly nowMs: number }
  /** The attempt, or the connection it opened, failed. `random` is in [0, 1). */
  | {
      readonly kind: 'lost';
      readonly attempt: number;
      readonly error: AgentError;
      readonly nowMs: number;
      readonly random: number;
    }
  /** The wait is over: its time has come, its socket has appeared, or somebody looks. */
  | { readonly kind: 'retry' };

/** An open connection that lasted this long has proven itself, and what failed before it is forgotten. */
export const steadyMs = 10_000;

/** How long a connection that cannot be cured by a retry is left alone, in milliseconds; 10 % up or down. */
export const failedRetryMs = 60_000;

/** Codes that a retry with the same settings hardly cures. */
const hopelessCodes: ReadonlySet<AgentErrorCode> = new Set(['invalid_endpoint', 'unsupported', 'usage']);

/** The state before anything was wanted. */
export function initialConnection(mayAnswer: boolean): ConnectionState {
  return { phase: 'idle', attempt: 0, isWanted: false, mayAnswer };
}

/** The next state; the same object when the event changes nothing. Pure: a driver acts on the difference. */
export function nextConnectionState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.kind) {
    case 'connect':
      return connect(state);
    case 'disconnect':
      if (state.phase !== 'idle') return idle(state, false, true);
      return state.isWanted ? idle(state, false, state.mayAnswer) : state;
    case 'reconnect':
      return state.phase === 'open' ? connecting(state, state.failures, null) : state;
    case 'mayAnswer':
      return mayAnswer(state, event.mayAnswer);
    case 'opened':
      if (state.phase !== 'connecting' || state.attempt !== event.attempt) return state;
      return { phase: 'open', attempt: state.attempt, failures: state.failures, sinceMs: event.nowMs };
    case 'lost':
      return lost(state, event);
    case 'retry':
      return state.phase === 'backoff' || state.phase === 'failed'
        ? connecting(state, state.failures, state.lastError)
        : state;
  }
}

/** Why the sandbox cannot be used; `null` while nothing has gone wrong. */
export function connectionError(state: ConnectionState): AgentError | null {
  return state.phase === 'idle' || state.phase === 'open' ? null : state.lastError;
}

function connect(state: ConnectionState): ConnectionState {
  switch (state.phase) {
    case 'idle':
      if (state.mayAnswer) return connecting(state, 0, null);
      return state.isWanted ? state : idle(state, true, false);
    case 'connecting':
    case 'open':
      return state;
    case 'backoff':
    case 'failed':
      return connecting(state, 0, state.lastError);
  }
}

function mayAnswer(state: ConnectionState, may: boolean): ConnectionState {
  if (state.phase !== 'idle') return may ? state : idle(state, true, false);
  if (state.mayAnswer === may) return state;
  return may && state.isWanted ? connecting(state, 0, null) : idle(state, state.isWanted, may);
}

function lost(
  state: ConnectionState,
  { attempt, error, nowMs, random }: ConnectionEvent & { kind: 'lost' },
): ConnectionState {
  if (state.phase !== 'connecting' && state.phase !== 'open') return state;
  if (state.attempt !== attempt) return state;
  const wasSteady = state.phase === 'open' && nowMs - state.sinceMs >= steadyMs;
  const failures = wasSteady ? 0 : state.failures + 1;
  const isHopeless = hopelessCodes.has(error.code);
  const delayMs = isHopeless ? Math.round(failedRetryMs * (0.9 + 0.2 * random)) : backoffMs(failures, random);
  return {
    phase: isHopeless ? 'failed' : 'backoff',
    ...{ attempt, failures, retryAtMs: nowMs + delayMs, lastError: error },
  };
}

function connecting(
  { attempt }: ConnectionState,
  failures: number,
  lastError: AgentError | null,
): ConnectionState {
  return { phase: 'connecting', attempt: attempt + 1, failures, lastError };
}

function idle({ attempt }: ConnectionState, isWanted: boolean, may: boolean): ConnectionState {
  return { phase: 'idle', attempt, isWanted, mayAnswer: may };
}
