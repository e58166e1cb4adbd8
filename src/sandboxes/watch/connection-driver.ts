import { AgentError } from '../../agent/errors.ts';
import { nextConnectionState, type ConnectionEvent, type ConnectionState } from '../model/connection.ts';

/** Something that a connection holds while it is open. */
export interface Closable {
  close(): void;
}

/**
 * What is done in each phase. An effect is told by its signal that its phase is over, and settles only when what it holds
 * is gone.
 */
export interface ConnectionEffects<Session extends Closable> {
  /** Opens a session and proves it by a round trip. Rejects with why that is not possible. */
  open(signal: AbortSignal): Promise<Session>;
  /** Lives with an open session; resolves with why it is lost, or whenever it likes once its signal has aborted. */
  live(session: Session, signal: AbortSignal): Promise<AgentError>;
  /** Resolves when what earlier effects held outside of this process, such as a program, is gone. */
  released(): Promise<unknown>;
  /** Resolves when the next attempt is due. */
  wait(state: ConnectionState & { readonly phase: 'backoff' | 'failed' }, signal: AbortSignal): Promise<void>;
  /** Called after every change of the state, when what belongs to the new state is in place. */
  onState(before: ConnectionState, now: ConnectionState): void;
}

/** What runs for the present state. */
interface Effect<Session> {
  readonly abort: AbortController;
  /** Set in the phase `open`, and only there. */
  readonly session: Session | undefined;
}

/**
 * Drives one connection: the reducer owns its state, and exactly one effect runs for each state. Changing the state ends
 * the effect of the old one in the same turn, and its session with it, so that what is shown and what is connected cannot
 * part; a session that comes too late is closed by whom it comes to. An attempt begins when the effect before it has let
 * go of everything, so there is never more than one connection, or one program, of a sandbox.
 */
export class ConnectionDriver<Session extends Closable> {
  readonly #effects: ConnectionEffects<Session>;
  #state: ConnectionState;
  #effect: Effect<Session> = { abort: new AbortController(), session: undefined };
  /** Settles when every effect so far has let go of what it held. */
  #released: Promise<void> = Promise.resolve();

  constructor(initial: ConnectionState, effects: ConnectionEffects<Session>) {
    this.#state = initial;
    this.#effects = effects;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The session of an open connection; there in the phase `open`, and only there. */
  get session(): Session | undefined {
    return this.#effect.session;
  }

  dispatch(event: ConnectionEvent): void {
    this.#enter(nextConnectionState(this.#state, event), undefined);
  }

  #enter(next: ConnectionState, session: Session | undefined): void {
    const before = this.#state;
    if (next === before) {
      session?.close();
      return;
    }
    const old = this.#effect;
    const effect: Effect<Session> = { abort: new AbortController(), session };
    this.#state = next;
    this.#effect = effect;
    old.abort.abort();
    old.session?.close();
    this.#effects.onState(before, next);
    // A listener may have moved the state on already; that effect is over before it began.
    if (this.#effect === effect) this.#run(next, effect);
  }

  #run(state: ConnectionState, { abort: { signal }, session }: Effect<Session>): void {
    const before = this.#released;
    const run = async (): Promise<void> => {
      switch (state.phase) {
        case 'idle':
          return;
        case 'connecting':
          await before;
          await this.#effects.released();
          if (!signal.aborted) await this.#open(state.attempt, signal);
          return;
        case 'open':
          if (session !== undefined) await this.#live(state.attempt, session, signal);
          return;
        case 'backoff':
        case 'failed':
          await this.#effects.wait(state, signal);
          if (!signal.aborted) this.dispatch({ kind: 'retry' });
          return;
      }
    };
    this.#released = Promise.all([before, run()]).then(() => undefined);
  }

  async #open(attempt: number, signal: AbortSignal): Promise<void> {
    let session: Session;
    try {
      session = await this.#effects.open(signal);
    } catch (error) {
      this.#lose(attempt, AgentError.from(error, 'unreachable'));
      return;
    }
    this.#enter(nextConnectionState(this.#state, { kind: 'opened', attempt, nowMs: Date.now() }), session);
  }

  async #live(attempt: number, session: Session, signal: AbortSignal): Promise<void> {
    let reason: AgentError;
    try {
      reason = await this.#effects.live(session, signal);
    } catch (error) {
      reason = AgentError.from(error, 'connection_closed');
    }
    this.#lose(attempt, reason);
  }

  #lose(attempt: number, error: AgentError): void {
    this.dispatch({ kind: 'lost', attempt, error, nowMs: Date.now(), random: Math.random() });
  }
}
