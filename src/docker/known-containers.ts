import { sameBindings, sameReport, type ContainerReport, type PortChange } from '../agent/facts.ts';
import { maxContainers, type EngineContainer, type ListedContainer } from './answers.ts';
import { maxBindings } from './port-bindings.ts';

/** What happens to what is known. */
export interface KnownContainersListener {
  /** The snapshot, then every difference. */
  readonly onChange: (change: PortChange) => void;
  /** Of a container's list, ports beyond the limit of one list are left out. */
  readonly onCut: (containerId: string, leftOut: number) => void;
  /** There is no room for a container, or for its ports; it is told as if it did not exist, or published none. */
  readonly onNoRoom: (containerId: string) => void;
}

/**
 * What is current of every container of an engine, within limits; tells every difference. A container that publishes
 * something takes the place of one that does not, because ports are what people miss.
 */
export class KnownContainers {
  readonly #containers = new Map<string, ContainerReport>();
  /** Those of them that publish nothing. */
  readonly #quiet = new Set<string>();
  /** Containers that there was no room for, as many as could be kept. */
  readonly #crowdedOut = new Set<string>();
  readonly #listener: KnownContainersListener;
  #bindings = 0;
  #hasSnapshot = false;

  constructor(listener: KnownContainersListener) {
    this.#listener = listener;
  }

  /**
   * Takes what is current of one container, `undefined` when it does not exist. Returns another that there may be room for
   * by now, to be looked at anew; `undefined` when there is none.
   */
  set(containerId: string, container: EngineContainer | undefined): string | undefined {
    const before = this.#containers.get(containerId);
    const wasCrowdedOut = this.#crowdedOut.delete(containerId);
    const after = container && this.#fit(containerId, container, before);
    if (before === undefined ? after === undefined : after !== undefined && sameReport(before, after))
      return undefined;
    this.#put(containerId, after);
    const bindings = { before: before?.bindings ?? [], after: after?.bindings ?? [] };
    if (container !== undefined && container.leftOut > 0 && !sameBindings(bindings.before, bindings.after))
      this.#listener.onCut(containerId, container.leftOut);
    const hasMoreRoom =
      wasCrowdedOut || after === undefined || bindings.after.length < bindings.before.length;
    const [next] = this.#crowdedOut;
    return hasMoreRoom && next !== containerId ? next : undefined;
  }

  /** Takes a whole listing: a snapshot the first time, differences from then on. */
  replace(containers: readonly ListedContainer[]): void {
    const listed = new Set(containers.map(({ id }) => id));
    for (const id of this.#crowdedOut) if (!listed.has(id)) this.#crowdedOut.delete(id);
    for (const id of [...this.#containers.keys()]) if (!listed.has(id)) this.set(id, undefined);
    for (const { id, ...container } of containers) this.set(id, this.#completed(id, container));
    if (this.#hasSnapshot) return;
    this.#hasSnapshot = true;
    this.#listener.onChange({ kind: 'snapshot', containers: new Map(this.#containers) });
  }

  /** A listed container with what only an inspect tells, as it was last seen; it is inspected soon. */
  #completed(containerId: string, container: EngineContainer): EngineContainer {
    const before = this.#containers.get(containerId)?.facts ?? undefined;
    if (before?.state !== container.facts.state) return container;
    const { health, startedAtMs } = before;
    return { ...container, facts: { ...container.facts, health, startedAtMs } };
  }

  /** What there is room for: all of it, the container without its ports, or nothing. */
  #fit(
    containerId: string,
    { facts, bindings }: EngineContainer,
    before: ContainerReport | undefined,
  ): ContainerReport | undefined {
    const total = this.#bindings - (before?.bindings.length ?? 0) + bindings.length;
    const fits = total <= maxBindings;
    const hasPlace =
      before !== undefined || this.#containers.size < maxContainers || (fits && this.#makePlaceFor(bindings));
    if (!hasPlace || !fits) this.#crowdOut(containerId);
    return hasPlace ? { facts, bindings: fits ? bindings : [] } : undefined;
  }

  /** Drops a container that publishes nothing for one that does; false when there is no such. */
  #makePlaceFor({ length }: readonly unknown[]): boolean {
    const [quiet] = this.#quiet;
    if (length === 0 || quiet === undefined) return false;
    this.#put(quiet, undefined);
    this.#crowdOut(quiet);
    return true;
  }

  #crowdOut(containerId: string): void {
    if (this.#crowdedOut.size < maxContainers) this.#crowdedOut.add(containerId);
    this.#listener.onNoRoom(containerId);
  }

  #put(containerId: string, report: ContainerReport | undefined): void {
    const before = this.#containers.get(containerId);
    this.#bindings += (report?.bindings.length ?? 0) - (before?.bindings.length ?? 0);
    if (report === undefined) this.#containers.delete(containerId);
    else this.#containers.set(containerId, report);
    if (report?.bindings.length === 0) this.#quiet.add(containerId);
    else this.#quiet.delete(containerId);
    if (this.#hasSnapshot) this.#listener.onChange({ kind: 'changed', containerId, report: report ?? null });
  }
}
