import { sameBindings, type ContainerReport, type PortBinding, type PortChange } from '../agent/facts.ts';
import { maxBindings, maxContainers, type ListedContainer, type PortList } from './port-bindings.ts';

/** What happens to what is known. */
export interface KnownPortsListener {
  /** The snapshot, then every difference. */
  readonly onChange: (change: PortChange) => void;
  /** Of a container's list, ports beyond the limit of one list are left out. */
  readonly onCut: (containerId: string, leftOut: number) => void;
  /** A container publishes ports, and there is no room for them; it is told as if it published none. */
  readonly onNoRoom: (containerId: string) => void;
}

/** The current published ports of every container of an engine, within limits; tells every difference. */
export class KnownPorts {
  readonly #containers = new Map<string, readonly PortBinding[]>();
  /** Containers that there was no room for, as many as could be kept. */
  readonly #crowdedOut = new Set<string>();
  readonly #listener: KnownPortsListener;
  #bindings = 0;
  #hasSnapshot = false;

  constructor(listener: KnownPortsListener) {
    this.#listener = listener;
  }

  /**
   * Takes the current list of one container. Returns another that there may be room for by now, to be looked at anew;
   * `undefined` when there is none.
   */
  set(containerId: string, ports: PortList): string | undefined {
    const before = this.#containers.get(containerId) ?? [];
    const wasCrowdedOut = this.#crowdedOut.delete(containerId);
    const bindings = this.#fit(containerId, ports.bindings, before);
    if (sameBindings(before, bindings)) return undefined;
    this.#bindings += bindings.length - before.length;
    if (bindings.length === 0) this.#containers.delete(containerId);
    else this.#containers.set(containerId, bindings);
    if (ports.leftOut > 0) this.#listener.onCut(containerId, ports.leftOut);
    if (this.#hasSnapshot) {
      const report = bindings.length === 0 ? null : { facts: null, bindings };
      this.#listener.onChange({ kind: 'changed', containerId, report });
    }
    const hasMoreRoom = wasCrowdedOut || bindings.length < before.length;
    const [next] = this.#crowdedOut;
    return hasMoreRoom && next !== containerId ? next : undefined;
  }

  /** Takes a whole listing: a snapshot the first time, differences from then on. */
  replace(containers: readonly ListedContainer[]): void {
    const listed = new Set(containers.map(({ id }) => id));
    for (const id of this.#crowdedOut) if (!listed.has(id)) this.#crowdedOut.delete(id);
    for (const id of [...this.#containers.keys()]) if (!listed.has(id)) this.set(id, nothing);
    for (const { id, ports } of containers) this.set(id, ports);
    if (this.#hasSnapshot) return;
    this.#hasSnapshot = true;
    const reports = new Map<string, ContainerReport>();
    for (const [id, bindings] of this.#containers) reports.set(id, { facts: null, bindings });
    this.#listener.onChange({ kind: 'snapshot', containers: reports });
  }

  /** The list when there is room for it, otherwise none. */
  #fit(
    containerId: string,
    bindings: readonly PortBinding[],
    before: readonly PortBinding[],
  ): readonly PortBinding[] {
    const containers = this.#containers.size + (before.length === 0 ? 1 : 0);
    const total = this.#bindings - before.length + bindings.length;
    if (bindings.length === 0 || (containers <= maxContainers && total <= maxBindings)) return bindings;
    if (this.#crowdedOut.size < maxContainers) this.#crowdedOut.add(containerId);
    this.#listener.onNoRoom(containerId);
    return [];
  }
}

const nothing: PortList = { bindings: [], leftOut: 0 };
