import type { PortBinding } from '../../agent/generated/arcbox/v1/common.ts';
import type { PortChange } from '../../agent/session.ts';
import { cleanBindings, cleanContainerId } from './guest-facts.ts';
import type { PublishedPort } from './discovered.ts';
import { GuestTextCleaner } from '../../base/guest-text.ts';

/** The published ports of one container, never empty. */
export interface PublishedPorts {
  readonly containerId: string;
  readonly bindings: readonly PortBinding[];
}

/** What is known of a sandbox's published ports, ordered by container id. */
export interface PortBook {
  readonly containers: readonly PublishedPorts[];
  /** Entries that could not exist, or exceeded a limit, and were left out. */
  readonly dropped: number;
  /** Why the list may be out of date; `null` when it is current. */
  readonly staleReason: string | null;
}

const maxContainers = 2000;

/** The book after one change; the same object when nothing changed. */
export function applyPortChange(book: PortBook | null, change: PortChange): PortBook | null {
  const cleaner = new GuestTextCleaner();
  switch (change.kind) {
    case 'snapshot': {
      const entries = cleaner.list([...change.containers], maxContainers).map(([id, bindings]) => ({
        containerId: cleanContainerId(id, cleaner),
        bindings: cleanBindings(bindings, cleaner),
      }));
      return { containers: inOrder(entries), dropped: cleaner.cuts, staleReason: null };
    }
    case 'changed': {
      const containerId = cleanContainerId(change.containerId, cleaner);
      const others = (book?.containers ?? []).filter((entry) => entry.containerId !== containerId);
      const entry = { containerId, bindings: cleanBindings(change.bindings, cleaner) };
      const containers = cleaner.list(inOrder([...others, entry]), maxContainers);
      return {
        containers,
        dropped: (book?.dropped ?? 0) + cleaner.cuts,
        staleReason: book?.staleReason ?? null,
      };
    }
    case 'stale':
      return book === null ? null : { ...book, staleReason: change.reason.message };
    case 'current':
      return book?.staleReason ? { ...book, staleReason: null } : book;
  }
}

/** The ports that the sandbox's own tool publishes; no container is named. */
export function bookOfPublished(ports: readonly PublishedPort[]): PortBook {
  const bindings = ports.map(({ hostAddress, hostPort, guestPort, protocol }) => ({
    containerPort: guestPort,
    hostPort,
    protocol,
    hostIp: hostAddress,
  }));
  const containers = new Map([['', bindings]]);
  return applyPortChange(null, { kind: 'snapshot', containers }) ?? emptyBook;
}

const emptyBook: PortBook = { containers: [], dropped: 0, staleReason: null };

function inOrder(entries: readonly PublishedPorts[]): readonly PublishedPorts[] {
  return entries
    .filter(({ bindings }) => bindings.length > 0)
    .sort((a, b) => (a.containerId < b.containerId ? -1 : a.containerId > b.containerId ? 1 : 0));
}
