import * as l10n from '../../../base/l10n.ts';
import type { PlainText } from '../../../base/text.ts';
import { listFromCli } from './cli.ts';
import { listFromDatabase } from './database.ts';
import { maxSandboxNameBytes, type MicrosandboxHome } from './home.ts';
import { maxInventoryEntries, type InventoryEntry, type Listing } from './records.ts';

/** What could be learnt of the sandboxes, and why not more. */
export interface Inventory {
  /** At most {@link maxInventoryEntries}, with names that microsandbox takes. */
  readonly entries: readonly InventoryEntry[];
  readonly notes: readonly PlainText[];
}

/**
 * Asks the `msb` program where it is installed, which also corrects dead records, and its database otherwise. What `msb`
 * does not print comes from the database in both cases.
 */
export async function readInventory(home: MicrosandboxHome, signal?: AbortSignal): Promise<Inventory> {
  const fromCli = await listFromCli(home.home, signal);
  const fromDatabase = await listFromDatabase(home.home);
  if (isListing(fromCli)) {
    return bounded(isListing(fromDatabase) ? withClockPolicies(fromCli, fromDatabase) : fromCli, []);
  }
  const notes = fromCli === undefined ? [] : [fromCli];
  if (isListing(fromDatabase)) return bounded(fromDatabase, notes);
  return { entries: [], notes: fromDatabase === undefined ? notes : [...notes, fromDatabase] };
}

function isListing(answer: Listing | PlainText | undefined): answer is Listing {
  return typeof answer === 'object';
}

function withClockPolicies({ entries, leftOut }: Listing, database: Listing): Listing {
  const policies = new Map(database.entries.map(({ name, isClockFree }) => [name, isClockFree]));
  return {
    entries: entries.map((entry) => {
      const isClockFree = policies.get(entry.name);
      return isClockFree === undefined ? entry : { ...entry, isClockFree };
    }),
    leftOut,
  };
}

function bounded(listing: Listing, notes: readonly PlainText[]): Inventory {
  const entries = listing.entries
    .filter(({ name }) => name !== '' && Buffer.byteLength(name) <= maxSandboxNameBytes)
    .slice(0, maxInventoryEntries);
  const leftOut = listing.leftOut + listing.entries.length - entries.length;
  if (leftOut === 0) return { entries, notes };
  const note =
    leftOut === 1
      ? l10n.t('One sandbox is left out: there are too many, or its name cannot be used.')
      : l10n.t('{0} sandboxes are left out: too many, or with unusable names.', leftOut);
  return { entries, notes: [...notes, note] };
}
