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

const maxOutcomes = 20;

/** The latest calls to all agents, for diagnostics. */
export class CallLog {
  readonly #outcomes: CallOutcome[] = [];

  /** At most 20, oldest first. */
  get outcomes(): readonly CallOutcome[] {
    return this.#outcomes;
  }

  /** Makes a call and notes how it ended. */
  async note<T>(call: CallName, run: () => Promise<T>): Promise<T> {
    const atMs = Date.now();
    const start = performance.now();
    const add = (outcome: CallOutcome['outcome']): void => {
      if (this.#outcomes.push({ atMs, call, outcome, elapsedMs: performance.now() - start }) > maxOutcomes)
        this.#outcomes.shift();
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
}
