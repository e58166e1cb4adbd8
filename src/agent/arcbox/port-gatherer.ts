import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../errors.ts';
import type { ContainerReport, PortChange } from '../facts.ts';
import { ContainerChanged } from '../generated/sandlight/v1/notifications.ts';
import type { PortFollower, PortStream } from '../session.ts';
import { reportOf, verdictOf, type EngineVerdict } from './container-message.ts';
import { visitFields } from './top-level-fields.ts';

/** Containers whose changes may wait. */
export const maxWaitingContainers = 10_000;

/** Bindings that may wait, over all containers. */
export const maxWaitingBindings = 40_000;

/** Bytes that may wait, ids included. */
export const maxWaitingBytes = 4 * 1024 * 1024;

/** Containers that one `drain` returns after the snapshot, so that a turn of its owner stays short. */
export const maxDrainedContainers = 2000;

/** What waits for one container: its last notification, or that it is gone. */
interface Waiting {
  /**
   * The ContainerChanged, one character a byte; empty when the container is gone or tells nothing. A string is the
   * cheapest copy, and a view would keep alive the whole chunk that the message came in.
   */
  readonly message: string;
  readonly bindings: number;
}

/** Numbers of the fields of `sandlight.v1.ContainerChanged`. */
const field = { containerId: 1, bindings: 2, facts: 1001, engine: 1002 } as const;

const gone: Waiting = { message: '', bindings: 0 };

/**
 * Gathers port notifications by container between a wire that is never stalled and a reader who takes its time: only the
 * last of each container is kept, undecoded, within limits of items and bytes. What exceeds them is dropped and counted,
 * and the list is told to be stale. Notifications that nobody follows are ignored.
 */
export class PortGatherer implements PortStream {
  readonly #waiting = new Map<string, Waiting>();
  #follower: PortFollower | undefined;
  /** What waits is, or becomes, the whole list: nothing of it has been drained. */
  #isSnapshot = true;
  /** The follower has to be told that something waits. */
  #mayTell = false;
  #bytes = 0;
  #bindings = 0;
  #dropped = 0;
  #damage: AgentError | undefined;
  /** Something was lost, which no verdict on the engine makes good. */
  #hasLost = false;
  #verdict: EngineVerdict | undefined;

  get dropped(): number {
    return this.#dropped;
  }

  /** True while somebody follows. */
  get isFollowed(): boolean {
    return this.#follower !== undefined;
  }

  /** Begins to gather the snapshot. */
  begin(follower: PortFollower): void {
    this.#clear();
    this.#follower = follower;
    this.#isSnapshot = true;
    this.#mayTell = false;
    this.#damage = undefined;
    this.#hasLost = false;
    this.#verdict = undefined;
  }

  /** Ends following. */
  abandon(): void {
    this.#clear();
    this.#follower = undefined;
  }

  /** Takes a `ContainerChanged` that has passed `checkPayload`; copied, because it is kept. */
  change(message: Uint8Array): void {
    if (this.#follower === undefined) return;
    const bytes = asBuffer(message);
    const found = { containerId: '', bindings: 0, facts: 0, verdicts: 0 };
    visitFields(bytes, (number, start, end) => {
      if (number === field.containerId) found.containerId = bytes.toString('utf8', start, end);
      else if (number === field.bindings) found.bindings++;
      else if (number === field.facts) found.facts++;
      else if (number === field.engine) found.verdicts++;
    });
    const { containerId, bindings } = found;
    if (found.verdicts > 0) this.#verdict = verdictOf(ContainerChanged.decode(bytes), Date.now());
    if (found.verdicts > 0 && containerId === '') this.#tell();
    else if (bindings + found.facts === 0) this.#keep(containerId, gone);
    else this.#keep(containerId, { message: bytes.toString('latin1'), bindings });
  }

  /** Takes a `PortBindingsRemoved` that has passed `checkPayload`. */
  remove(message: Uint8Array): void {
    if (this.#follower === undefined) return;
    const bytes = asBuffer(message);
    let containerId = '';
    visitFields(bytes, (number, start, end) => {
      if (number === field.containerId) containerId = bytes.toString('utf8', start, end);
    });
    this.#keep(containerId, gone);
  }

  /** Takes that a notification was lost. */
  lose(reason: AgentError): void {
    if (this.#follower === undefined) return;
    this.#damage = reason;
    this.#hasLost = true;
    this.#tell();
  }

  /** As the interface says, from the moment when the snapshot is complete. */
  drain(): readonly PortChange[] {
    const changes: PortChange[] = [];
    if (this.#isSnapshot) {
      this.#isSnapshot = false;
      changes.push({ kind: 'snapshot', containers: this.#drainSnapshot() });
    }
    for (const [containerId, waiting] of this.#waiting) {
      if (changes.length >= maxDrainedContainers) break;
      this.#forget(containerId, waiting);
      changes.push({ kind: 'changed', containerId, report: decoded(waiting) });
    }
    if (this.#damage !== undefined) changes.push({ kind: 'stale', reason: this.#damage });
    else if (this.#verdict !== undefined && !this.#hasLost) changes.push(this.#verdict);
    this.#damage = undefined;
    this.#verdict = undefined;
    this.#mayTell = true;
    if (this.#waiting.size > 0) this.#tell();
    return changes;
  }

  #drainSnapshot(): ReadonlyMap<string, ContainerReport> {
    const containers = new Map<string, ContainerReport>();
    for (const [containerId, waiting] of this.#waiting) {
      const report = decoded(waiting);
      if (report !== null) containers.set(containerId, report);
    }
    this.#clear();
    return containers;
  }

  #keep(containerId: string, waiting: Waiting): void {
    const before = this.#waiting.get(containerId);
    if (this.#isSnapshot && waiting === gone) {
      // Nothing is to be taken from a list that nobody has seen.
      if (before !== undefined) this.#forget(containerId, before);
      return;
    }
    const containers = this.#waiting.size + (before === undefined ? 1 : 0);
    const bindings = this.#bindings + waiting.bindings - (before?.bindings ?? 0);
    const bytes = this.#bytes + sizeOf(containerId, waiting) - (before ? sizeOf(containerId, before) : 0);
    if (containers > maxWaitingContainers || bindings > maxWaitingBindings || bytes > maxWaitingBytes) {
      this.#dropped++;
      this.lose(tooMuchWaits());
      return;
    }
    // A container keeps its place, so that one that changes all the time is not put off for ever.
    this.#waiting.set(containerId, waiting);
    this.#bindings = bindings;
    this.#bytes = bytes;
    this.#tell();
  }

  #forget(containerId: string, waiting: Waiting): void {
    this.#waiting.delete(containerId);
    this.#bindings -= waiting.bindings;
    this.#bytes -= sizeOf(containerId, waiting);
  }

  #clear(): void {
    this.#waiting.clear();
    this.#bindings = 0;
    this.#bytes = 0;
  }

  #tell(): void {
    if (!this.#mayTell) return;
    this.#mayTell = false;
    this.#follower?.onPending();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sizeOf(containerId: string, { message }: Waiting): number {
  return containerId.length + message.length;
}

function decoded({ message }: Waiting): ContainerReport | null {
  return message === '' ? null : reportOf(ContainerChanged.decode(Buffer.from(message, 'latin1')));
}

function tooMuchWaits(): AgentError {
  return new AgentError(
    'frame_too_large',
    l10n.t(
      'The agent sent changes of more ports than can wait to be read: {0} containers, {1} ports or {2} bytes. Disconnect and connect again to read the whole list.',
      maxWaitingContainers,
      maxWaitingBindings,
      maxWaitingBytes,
    ),
  );
}
