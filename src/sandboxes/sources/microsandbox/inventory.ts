import * as l10n from '../../../base/l10n.ts';
import { listFromCli } from './cli.ts';
import { listFromDatabase } from './database.ts';
import { maxSandboxNameBytes, type MicrosandboxHome } from './home.ts';
import { maxInventoryEntries, type InventoryEntry } from './records.ts';

/** What could be learnt of the sandboxes, and why not more. */
export interface Inventory {
  readonly entries: readonly InventoryEntry[];
  readonly notes: readonly string[];
}

/** Asks the `msb` program where it is installed, which also corrects dead records, and its database otherwise. */
export async function readInventory(home: MicrosandboxHome, signal?: AbortSignal): Promise<Inventory> {
  const fromCli = await listFromCli(home.home, signal);
  if (Array.isArray(fromCli)) return bounded(fromCli, []);
  const fromDatabase = await listFromDatabase(home.home);
  if (Array.isArray(fromDatabase)) return bounded(fromDatabase, fromCli === undefined ? [] : [fromCli]);
  const notes = [fromCli, fromDatabase].filter((note) => typeof note === 'string');
  return { entries: [], notes };
}

function bounded(entries: readonly InventoryEntry[], notes: readonly string[]): Inventory {
  const usable = entries.filter(({ name }) => name !== '' && Buffer.byteLength(name) <= maxSandboxNameBytes);
  const kept = usable.slice(0, maxInventoryEntries);
  const left = entries.length - kept.length;
  return {
    entries: kept,
    notes:
      left === 0
        ? notes
        : [...notes, l10n.t('{0} sandboxes are left out: too many, or with unusable names.', left)],
  };
}
