import type { AgentError } from '../errors.ts';

/** Why a channel can no longer be used: unset while it can, set once, never changed. */
export class Closing {
  readonly closed: Promise<AgentError>;
  #reason: AgentError | undefined;
  #report!: (reason: AgentError) => void;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#report = resolve;
    });
  }

  get reason(): AgentError | undefined {
    return this.#reason;
  }

  /** Takes the first reason; false when there was one already. */
  begin(reason: AgentError): boolean {
    if (this.#reason !== undefined) return false;
    this.#reason = reason;
    this.#report(reason);
    return true;
  }
}
