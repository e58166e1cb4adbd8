import { performance } from 'node:perf_hooks';
import { AgentError, type AgentErrorCode } from '../../agent/errors.ts';

/** The calls that are noted. */
export type CallName =
  | 'connect'
  | 'ping'
  | 'runtime.status'
  | 'runtime.ensure'
  | 'system.read'
  | 'clock.sync'
  | 'ports.follow'
  | 'listening.read'
  | 'activity.touch';

/** How one call to an agent ended. It holds nothing that an agent or a user wrote. */
export interface CallOutcome {
  /** Milliseconds since the Unix epoch when the call began. */
  readonly atMs: number;
  readonly call: CallName;
  readonly outcome: 'ok' | AgentErrorCode;
  readonly elapsedMs: number;
}

/** How often one kind of call failed in one way. */
export interface CallFailure {
  /** The latest of them. */
  readonly latest: CallOutcome;
  readonly times: number;
}

const maxOutcomes = 20;
/** Kinds of failure that are kept, the latest ones. */
export const maxFailures = 40;

/** The latest calls to all agents, for diagnostics. */
export class CallLog {
  readonly #outcomes: CallOutcome[] = [];
  /** By call and code, so that neither good polls nor the same failure again drive out another one. */
  readonly #failures = new Map<string, CallFailure>();

  /** At most 20, oldest first. */
  get outcomes(): readonly CallOutcome[] {
    return this.#outcomes;
  }

  /** At most {@link maxFailures}, however long ago; the one that happened last comes last. */
  get failures(): readonly CallFailure[] {
    return [...this.#failures.values()];
  }

  /** Makes a call and notes how it ended. */
  async note<T>(call: CallName, run: () => Promise<T>): Promise<T> {
    const atMs = Date.now();
    const start = performance.now();
    const add = (outcome: CallOutcome['outcome']): void => {
      const ended = { atMs, call, outcome, elapsedMs: performance.now() - start };
      if (this.#outcomes.push(ended) > maxOutcomes) this.#outcomes.shift();
      if (outcome !== 'ok') this.#noteFailure(ended);
    };
    try {
      const result = await run();
      add('ok');
      return result;
    } catch (error) {
      add(AgentError.from(error, 'connection_closed').code);
      throw error;
    }
  }

  #noteFailure(latest: CallOutcome): void {
    const key = `${latest.call} ${latest.outcome}`;
    const times = (this.#failures.get(key)?.times ?? 0) + 1;
    this.#failures.delete(key);
    this.#failures.set(key, { latest, times });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > maxFailures && oldest !== undefined) this.#failures.delete(oldest);
  }
}
