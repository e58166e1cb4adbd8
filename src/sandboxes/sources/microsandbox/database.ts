import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import * as l10n from '../../../base/l10n.ts';
import { parseJson } from '../../../base/json.ts';
import { maxInventoryEntries, portsOfConfig, type InventoryEntry } from './records.ts';

/** A writer holds the database for milliseconds; waiting longer would hold up this thread. */
const busyTimeoutMs = 200;
const maxConfigLength = 256 * 1024;

/**
 * Reads microsandbox's database, rows in its write-ahead log included, without changing it. Resolves with a sentence when
 * it is locked, of a schema that is not understood, or when this host's Node lacks `node:sqlite`; `undefined` when there
 * is no database.
 */
export async function listFromDatabase(home: string): Promise<InventoryEntry[] | string | undefined> {
  const path = join(home, 'db', 'msb.db');
  if (await isAbsent(path)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    const sqlite = await import('node:sqlite');
    database = new sqlite.DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    return readRows(database);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return l10n.t('The database of microsandbox cannot be read ({0}), so names and ports are unknown.', why);
  } finally {
    database?.close();
  }
}

/** False for one that may not be looked at: opening it tells why. */
async function isAbsent(path: string): Promise<boolean> {
  try {
    await access(path);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

function readRows(database: DatabaseSync): InventoryEntry[] {
  const columns = new Set(
    database
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all('sandbox')
      .map((row) => row['name']),
  );
  // What a running sandbox really has is in active_config, which older releases do not keep.
  const config = columns.has('active_config') ? 'coalesce(active_config, config)' : 'config';
  const rows = database
    .prepare(
      `SELECT name, status, CASE WHEN length(${config}) <= ${maxConfigLength} THEN ${config} END AS config
       FROM sandbox ORDER BY name LIMIT ${maxInventoryEntries + 1}`,
    )
    .all();
  return rows.flatMap(({ name, status, config: text }) =>
    typeof name === 'string' && typeof status === 'string'
      ? [{ name, status, ports: typeof text === 'string' ? portsOfConfig(parseJson(text)) : [] }]
      : [],
  );
}
