import { compareText } from '../../base/compare-text.ts';
import { sameFacts, type ContainerFacts, type ContainerReport, type PortChange } from '../../agent/facts.ts';
import * as l10n from '../../base/l10n.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import type { HostPort } from './discovered.ts';
import { cleanBindings, cleanContainer, maxContainerIdLength, type HostBinding } from './guest-facts.ts';

/** One container and the ports it publishes. */
export interface ContainerPorts {
  /** Empty where the sandbox itself publishes them. */
  readonly containerId: PlainText;
  /** `null` where only its ports are told; it then publishes something. */
  readonly facts: ContainerFacts<PlainText> | null;
  readonly bindings: readonly HostBinding[];
  /** Bindings that cannot exist, or are too many. */
  readonly leftOut: number;
}

/** What is known of a sandbox's containers and the ports they publish. */
export interface PortBook {
  /** Those that are shown, ordered by container id; those that publish something come before the others to the limit. */
  readonly containers: readonly ContainerPorts[];
  /** Bindings and containers that are told of at present, and not shown. */
  readonly leftOut: number;
  /** Everything that is kept, in the same order: what is not shown comes back when others leave. */
  readonly kept: readonly ContainerPorts[];
}

/** Since when, and why, a list may be out of date. */
export interface Staleness {
  readonly reason: PlainText;
  /** Milliseconds since the Unix epoch: until then it was current. */
  readonly sinceMs: number;
}

/** How much is known of a sandbox's published ports. */
export type PortKnowledge =
  /** They were asked for, and nothing was answered yet. */
  | { readonly kind: 'asking' }
  | { readonly kind: 'unknown'; readonly reason: PlainText }
  | { readonly kind: 'known'; readonly book: PortBook; readonly stale: Staleness | null };

/** Containers that are shown. */
export const maxShownContainers = 2000;
/** Containers that are kept; a list of more is stale, because what is beyond is forgotten. */
export const maxKeptContainers = 10_000;

export const emptyBook: PortBook = { containers: [], leftOut: 0, kept: [] };

/**
 * What is known after `changes`, in their order, at Unix time `nowMs`; the same object when nothing changed. The cost is
 * that of the changes and of one pass over the list, however many changes there are.
 */
export function applyPortChanges(
  before: PortKnowledge,
  changes: readonly PortChange[],
  nowMs: number,
): PortKnowledge {
  let knowledge = before;
  let gathered = new Map<string, ContainerReport | null>();
  const flush = (): void => {
    if (gathered.size > 0) knowledge = withContainers(knowledge, gathered, nowMs);
    gathered = new Map();
  };
  for (const change of changes) {
    switch (change.kind) {
      case 'changed':
        gathered.set(change.containerId, change.report);
        break;
      case 'snapshot':
        gathered = new Map(change.containers);
        knowledge = { kind: 'known', book: emptyBook, stale: null };
        break;
      case 'stale':
        flush();
        knowledge = asStale(knowledge, change.reason.message, change.sinceMs ?? nowMs);
        break;
      case 'current':
        flush();
        if (knowledge.kind === 'known' && knowledge.stale !== null) knowledge = { ...knowledge, stale: null };
        break;
    }
  }
  flush();
  return knowledge;
}

/** Marks what is known as perhaps out of date since Unix time `sinceMs`; the moment it was marked before stays. */
export function asStale(knowledge: PortKnowledge, reason: PlainText, sinceMs: number): PortKnowledge {
  if (knowledge.kind !== 'known') return { kind: 'unknown', reason };
  if (knowledge.stale?.reason === reason) return knowledge;
  return { ...knowledge, stale: { reason, sinceMs: knowledge.stale?.sinceMs ?? sinceMs } };
}

/** The ports that the sandbox's own tool publishes; no container is named. */
export function knownFromTool(ports: readonly HostPort[]): PortKnowledge {
  const bindings = ports.map(({ hostAddress, hostPort, guestPort, protocol }) => ({
    containerPort: guestPort,
    hostPort,
    protocol,
    hostIp: hostAddress,
  }));
  const reports = new Map([['', { facts: null, bindings }]]);
  return withContainers({ kind: 'known', book: emptyBook, stale: null }, reports, 0);
}

/** Replaces what is known of some containers; one that tells nothing is removed. */
function withContainers(
  knowledge: PortKnowledge,
  reports: ReadonlyMap<string, ContainerReport | null>,
  nowMs: number,
): PortKnowledge {
  const changed: ContainerPorts[] = [];
  const removed = new Set<string>();
  for (const [id, report] of reports) {
    const entry = containerPorts(id, report ?? nothingTold);
    if (entry.facts === null && entry.bindings.length + entry.leftOut === 0) removed.add(entry.containerId);
    else changed.push(entry);
  }
  const known = knowledge.kind === 'known' ? knowledge : { book: emptyBook, stale: null };
  const kept = merge(known.book.kept, changed.sort(byId), removed);
  if (kept === known.book.kept && knowledge.kind === 'known') return knowledge;
  const book = bookOf(kept.slice(0, maxKeptContainers));
  const next: PortKnowledge = { kind: 'known', book, stale: known.stale };
  if (kept.length <= maxKeptContainers) return next;
  const reason = l10n.t(
    'There are more than {0} containers, and the others are not kept. Refresh when there are fewer.',
    maxKeptContainers,
  );
  return asStale(next, reason, nowMs);
}

const nothingTold: ContainerReport = { facts: null, bindings: [] };

/** A container whose id had to be cleaned cannot exist, and might pass for another one: it is left out with its ports. */
function containerPorts(id: string, { facts, bindings }: ContainerReport): ContainerPorts {
  const containerId = plainText(id, maxContainerIdLength);
  return containerId === id
    ? { containerId, facts: facts && cleanContainer(facts), ...cleanBindings(bindings) }
    : {
        containerId: plain`${containerId}…`,
        facts: null,
        bindings: [],
        leftOut: bindings.length + (facts === null ? 0 : 1),
      };
}

function bookOf(kept: readonly ContainerPorts[]): PortBook {
  const shown: ContainerPorts[] = [];
  let roomForQuiet =
    maxShownContainers - kept.reduce((sum, { bindings }) => sum + (bindings.length > 0 ? 1 : 0), 0);
  let roomForPublishing = maxShownContainers;
  let leftOut = 0;
  for (const container of kept) {
    leftOut += container.leftOut;
    if (container.bindings.length > 0) {
      if (roomForPublishing-- > 0) shown.push(container);
      else leftOut += container.bindings.length;
    } else if (container.facts !== null) {
      if (roomForQuiet-- > 0) shown.push(container);
      else leftOut++;
    }
  }
  return { containers: shown.length === kept.length ? kept : shown, leftOut, kept };
}

/** Puts `changed`, which is in order, in the place of what `kept` has under the same ids; the same array when all is equal. */
function merge(
  kept: readonly ContainerPorts[],
  changed: readonly ContainerPorts[],
  removed: ReadonlySet<string>,
): readonly ContainerPorts[] {
  const result: ContainerPorts[] = [];
  let isSame = true;
  let index = 0;
  const takeUpTo = (id: string | undefined): ContainerPorts | undefined => {
    for (; index < kept.length; index++) {
      const entry = kept[index];
      if (entry === undefined || (id !== undefined && entry.containerId >= id)) break;
      if (removed.has(entry.containerId)) isSame = false;
      else result.push(entry);
    }
    const next = kept[index];
    return next !== undefined && next.containerId === id ? next : undefined;
  };
  for (const entry of changed) {
    const old = takeUpTo(entry.containerId);
    if (old !== undefined) index++;
    if (old !== undefined && isSameList(old, entry)) result.push(old);
    else {
      result.push(entry);
      isSame = false;
    }
  }
  takeUpTo(undefined);
  return isSame ? kept : result;
}

function isSameList(a: ContainerPorts, b: ContainerPorts): boolean {
  return (
    a.leftOut === b.leftOut &&
    sameFacts(a.facts, b.facts) &&
    a.bindings.length === b.bindings.length &&
    a.bindings.every((binding, index) => {
      const other = b.bindings[index];
      return other !== undefined && isSameBinding(binding, other);
    })
  );
}

function isSameBinding(a: HostBinding, b: HostBinding): boolean {
  return (
    a.containerPort === b.containerPort &&
    a.hostPort === b.hostPort &&
    a.protocol === b.protocol &&
    a.hostIp === b.hostIp
  );
}

function byId(a: ContainerPorts, b: ContainerPorts): number {
  return compareText(a.containerId, b.containerId);
}
