import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import type { RegistryChange } from '../sandboxes/watch/sandbox-registry.ts';

/** All sandboxes as they are now; the registry is one. */
export interface Snapshots {
  /** In the order of the tree. */
  ids(): readonly string[];
  get(id: string): SandboxSnapshot | undefined;
}

/** What became of the value of one sandbox. */
export interface Replacement<Value> {
  readonly id: string;
  /** `undefined` when the sandbox is new. */
  readonly before: Value | undefined;
  /** `undefined` when the sandbox is gone. */
  readonly after: Value | undefined;
}

/** One value for each sandbox, in their order, of which a change makes only those anew that it names. */
export class PerSandbox<Value> {
  readonly #make: (snapshot: SandboxSnapshot, before: Value | undefined) => Value;
  #values = new Map<string, Value>();

  /** `make` may return `before`, which then counts as unchanged. */
  constructor(make: (snapshot: SandboxSnapshot, before: Value | undefined) => Value) {
    this.#make = make;
  }

  get values(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  /**
   * Brings the values up to date, and returns those that are other ones than before. A new list names every sandbox: one may
   * have come back as another under the same id.
   */
  update(snapshots: Snapshots, { listChanged, changed }: RegistryChange): readonly Replacement<Value>[] {
    const replacements: Replacement<Value>[] = [];
    if (listChanged) replacements.push(...this.takeList(snapshots));
    for (const id of listChanged ? snapshots.ids() : changed) {
      const before = this.#values.get(id);
      const snapshot = snapshots.get(id);
      // One that is not in the list yet, or any more, is taken in with the list.
      if (before === undefined || snapshot === undefined) continue;
      const after = this.#make(snapshot, before);
      if (after === before) continue;
      this.#values.set(id, after);
      replacements.push({ id, before, after });
    }
    return replacements;
  }

  /** Takes in which sandboxes there are; makes values for new ones alone. */
  takeList(snapshots: Snapshots): readonly Replacement<Value>[] {
    const replacements: Replacement<Value>[] = [];
    const known = this.#values;
    this.#values = new Map();
    for (const id of snapshots.ids()) {
      const snapshot = snapshots.get(id);
      if (snapshot === undefined) continue;
      const before = known.get(id);
      const after = before ?? this.#make(snapshot, undefined);
      this.#values.set(id, after);
      if (before === undefined) replacements.push({ id, before, after });
    }
    for (const [id, before] of known)
      if (!this.#values.has(id)) replacements.push({ id, before, after: undefined });
    return replacements;
  }
}
