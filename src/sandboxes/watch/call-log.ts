import { performance } from 'node:perf_hooks';
import type { connectAgent } from '../../agent/connect.ts';
import { AgentError, type AgentErrorCode } from '../../agent/errors.ts';
import type { AgentSession } from '../../agent/session.ts';

/** How one call to an agent ended. It holds nothing that an agent or a user wrote. */
export interface CallOutcome {
  /** Milliseconds since the Unix epoch when the call began. */
  readonly atMs: number;
  readonly call: string;
  readonly outcome: 'ok' | AgentErrorCode;
  readonly elapsedMs: number;
}

const maxOutcomes = 20;

/** The latest calls to all agents, for diagnostics. */
export class CallLog {
  #outcomes: readonly CallOutcome[] = [];

  /** At most 20, oldest first. */
  get outcomes(): readonly CallOutcome[] {
    return this.#outcomes;
  }

  /** A `connect` whose sessions note every call here. */
  recording(connect: typeof connectAgent): typeof connectAgent {
    return async (endpoint, options) =>
      this.#recorded(await this.#note('connect', () => connect(endpoint, options)));
  }

  #recorded(session: AgentSession): AgentSession {
    const note = <T>(call: string, run: () => Promise<T>): Promise<T> => this.#note(call, run);
    return {
      endpoint: session.endpoint,
      closed: session.closed,
      get capabilities() {
        return session.capabilities;
      },
      get agent() {
        return session.agent;
      },
      get boot() {
        return session.boot;
      },
      ping: (options) => note('ping', () => session.ping(options)),
      systemInfo: (options) => note('systemInfo', () => session.systemInfo(options)),
      runtimeStatus: (options) => note('runtimeStatus', () => session.runtimeStatus(options)),
      ensureRuntime: (options) => note('ensureRuntime', () => session.ensureRuntime(options)),
      syncClock: (options) => note('syncClock', () => session.syncClock(options)),
      touch: (options) => note('touch', () => session.touch(options)),
      subscribePorts: (listener, options) =>
        note('subscribePorts', () => session.subscribePorts(listener, options)),
      listeningPorts: (options) => note('listeningPorts', () => session.listeningPorts(options)),
      close: () => {
        session.close();
      },
    };
  }

  async #note<T>(call: string, run: () => Promise<T>): Promise<T> {
    const atMs = Date.now();
    const start = performance.now();
    const add = (outcome: CallOutcome['outcome']): void => {
      const entry = { atMs, call, outcome, elapsedMs: performance.now() - start };
      this.#outcomes = [...this.#outcomes, entry].slice(-maxOutcomes);
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
