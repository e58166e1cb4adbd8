import type { AgentSession } from '../../agent/session.ts';
import { nextConnectionState, type ConnectionEvent } from '../model/connection.ts';
import { cleanIdentity } from '../model/guest-facts.ts';
import { GuestTextCleaner } from '../../base/guest-text.ts';
import { recordHistory } from '../model/history.ts';
import { judgeReadiness } from '../model/readiness.ts';
import { initialSnapshot, type SandboxSnapshot, type SandboxSpec } from '../model/snapshot.ts';

/** The one place where a sandbox's snapshot changes: whatever follows from a change is kept true here. */
export class SnapshotCell {
  /** Cleans every text of this guest, and counts what it had to cut. */
  readonly cleaner = new GuestTextCleaner();
  /** The open session, which tells who answers and what can be asked. */
  session: AgentSession | undefined;
  readonly #onChange: (snapshot: SandboxSnapshot) => void;
  #snapshot: SandboxSnapshot;

  constructor(spec: SandboxSpec, onChange: (snapshot: SandboxSnapshot) => void) {
    this.#snapshot = initialSnapshot(spec);
    this.#onChange = onChange;
  }

  get snapshot(): SandboxSnapshot {
    return this.#snapshot;
  }

  patch(changes: Partial<SandboxSnapshot>): void {
    const { session } = this;
    const next: SandboxSnapshot = {
      ...this.#snapshot,
      ...changes,
      ...(session && {
        agent: session.agent && cleanIdentity(session.agent),
        boot: session.boot,
        capabilities: new Set(session.capabilities),
      }),
      cuts: this.cleaner.cuts,
    };
    const judged = { ...next, readiness: judgeReadiness(next) };
    this.#snapshot = { ...judged, history: recordHistory(this.#snapshot, judged, Date.now()) };
    this.#onChange(this.#snapshot);
  }

  /** Moves the connection on; data of a connection that is not open is stale. */
  transition(event: ConnectionEvent): void {
    const connection = nextConnectionState(this.#snapshot.connection, event);
    if (connection === this.#snapshot.connection) return;
    const hasData = this.#snapshot.roundTripMs !== null;
    this.patch({ connection, isStale: connection.phase !== 'open' && hasData });
  }
}
