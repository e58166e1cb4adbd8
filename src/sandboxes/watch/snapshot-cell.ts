import { isDeepStrictEqual } from 'node:util';
import type { AgentIdentity } from '../../agent/facts.ts';
import { capabilitiesOf, type AgentSession, type Capability, type PingResult } from '../../agent/session.ts';
import { TextCleaner, type PlainText } from '../../base/text.ts';
import { cleanIdentity } from '../model/guest-facts.ts';
import { recordHistory } from '../model/history.ts';
import { judgeReadiness } from '../model/readiness.ts';
import { initialSnapshot, type Dated, type SandboxSnapshot, type SandboxSpec } from '../model/snapshot.ts';

/** What a guest is asked, where what it answers may have to be cut. */
type Answer = 'agent' | 'runtime' | 'system' | 'listening';

/** What a change of a snapshot may say; the rest follows from it. */
export type SnapshotChange = Partial<Omit<SandboxSnapshot, 'readiness' | 'history' | 'cuts'>>;

/** The one place where a sandbox's snapshot changes: whatever follows from a change is kept true here. */
export class SnapshotCell {
  readonly #onChange: () => void;
  readonly #cuts: Record<Answer, number> = { agent: 0, runtime: 0, system: 0, listening: 0 };
  #snapshot: SandboxSnapshot;

  /** `onChange` is called after every change. */
  constructor(spec: SandboxSpec, onChange: () => void) {
    this.#snapshot = initialSnapshot(spec);
    this.#onChange = onChange;
  }

  get snapshot(): SandboxSnapshot {
    return this.#snapshot;
  }

  patch(changes: SnapshotChange): void {
    this.patchUnannounced(changes);
    this.#onChange();
  }

  /** As {@link patch}, for a change that was announced before it was known. */
  patchUnannounced(changes: SnapshotChange): void {
    const { agent, runtime, system, listening } = this.#cuts;
    const before = this.#snapshot;
    // A visible poll changes a snapshot three times, so that each change is one copy.
    const next: { -readonly [Key in keyof SandboxSnapshot]: SandboxSnapshot[Key] } = {
      ...before,
      ...changes,
      cuts: agent + runtime + system + listening,
    };
    next.readiness = judgeReadiness(next);
    next.history = recordHistory(before, next, Date.now());
    this.#snapshot = next;
  }

  /** Cleans an answer and dates it; a value that is the same as before stays the same object. */
  dated<T>(answer: Answer, before: Dated<T> | null, clean: (cleaner: TextCleaner) => T): Dated<T> {
    const value = this.#clean(answer, clean);
    const isSame = before !== null && isDeepStrictEqual(before.value, value);
    return { value: isSame ? before.value : value, atMs: Date.now() };
  }

  /** Who answers and what it can be asked, as far as the session knows by now. */
  factsOf(session: AgentSession): Pick<SandboxSnapshot, 'agent' | 'boot' | 'capabilities'> {
    const { agent: before, capabilities } = this.#snapshot;
    return {
      agent: session.agent && this.#identity(session.agent, before),
      boot: session.boot,
      capabilities: sameSet(capabilities, capabilitiesOf(session)),
    };
  }

  #identity(agent: AgentIdentity, before: AgentIdentity<PlainText> | null): AgentIdentity<PlainText> {
    const cleaned = this.#clean('agent', (cleaner) => cleanIdentity(agent, cleaner));
    return before !== null && isDeepStrictEqual(before, cleaned) ? before : cleaned;
  }

  #clean<T>(answer: Answer, clean: (cleaner: TextCleaner) => T): T {
    const cleaner = new TextCleaner();
    const value = clean(cleaner);
    this.#cuts[answer] = cleaner.cuts;
    return value;
  }
}

/** What a round trip tells: that it succeeded, and the clock where the agent reports it. */
export function roundTripOf({ rttMs, clockOffsetMs }: PingResult): SnapshotChange {
  const atMs = Date.now();
  return {
    roundTripMs: { value: rttMs, atMs },
    ...(clockOffsetMs !== null && { clockOffsetMs: { value: clockOffsetMs, atMs } }),
  };
}

function sameSet(before: ReadonlySet<Capability>, after: ReadonlySet<Capability>): ReadonlySet<Capability> {
  const isSame = before.size === after.size && [...after].every((capability) => before.has(capability));
  return isSame ? before : after;
}
