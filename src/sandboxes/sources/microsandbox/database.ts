import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as l10n from '../../../base/l10n.ts';
import type { PlainText } from '../../../base/text.ts';
import { messageOf } from '../../../agent/errors.ts';
import { statWithin } from '../../../base/bounded-file.ts';
import { parseJson } from '../../../base/json.ts';
import {
  isClockFree,
  maxInventoryEntries,
  portsOfConfig,
  type InventoryEntry,
  type Listing,
} from './records.ts';

/** A writer holds the database for milliseconds; waiting longer would hold up this thread. */
const busyTimeoutMs = 200;
/** Largest database, and largest log of one, that is opened: reading them holds up this thread. */
const maxFileMiB = 64;
/** Largest configuration of a sandbox that is looked into. */
const maxConfigBytes = 256 * 1024;
/** Rows that are read in one turn of the event loop. */
const pageRows = 50;

/**
 * Reads microsandbox's database, rows in its write-ahead log included, without changing it. Resolves with a sentence when
 * it is locked, too large, of a schema that is not understood, or when this host's Node lacks `node:sqlite`; `undefined`
 * when there is no database.
 */
export async function listFromDatabase(home: string): Promise<Listing | PlainText | undefined> {
  const path = join(home, 'db', 'msb.db');
  let database: DatabaseSync | undefined;
  try {
    if (!(await isThere(path))) return undefined;
    const sqlite = await import('node:sqlite');
    database = new sqlite.DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    return await readRows(database);
  } catch (error) {
    return l10n.t(
      'The database of microsandbox cannot be read ({0}), so names and ports are unknown.',
      messageOf(error),
    );
  } finally {
    database?.close();
  }
}

/**
 * False when there is no database.
 *
 * @throws when it, or a file that SQLite keeps beside it, is one that must not be opened: SQLite would wait for ever for the
 *   other end of a pipe.
 */
async function isThere(path: string): Promise<boolean> {
  const sizes = await Promise.all(
    ['', '-wal', '-shm', '-journal'].map(async (suffix) => {
      try {
        const entry = await statWithin(path + suffix);
        return entry.isFile() ? entry.size : NaN;
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
        throw error;
      }
    }),
  );
  if (sizes[0] === undefined) return false;
  if (sizes.some(Number.isNaN)) throw new Error(l10n.t('it is not a regular file'));
  if (sizes.some((bytes = 0) => bytes > maxFileMiB * 1024 * 1024))
    throw new Error(l10n.t('it is larger than {0} MiB', maxFileMiB));
  return true;
}

async function readRows(database: DatabaseSync): Promise<Listing> {
  // What a view or a computed column says may take any time to make.
  const [table] = database
    .prepare(`SELECT type FROM pragma_table_list('sandbox') WHERE schema = 'main'`)
    .all();
  const columns = new Set(
    database
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all('sandbox')
      .map((row) => row['name']),
  );
  if (table?.['type'] !== 'table' || !['name', 'status', 'config'].every((name) => columns.has(name)))
    throw new Error(l10n.t('its tables are not understood'));
  // What a running sandbox really has is in active_config, which older releases do not keep.
  const config = columns.has('active_config') ? 'coalesce(active_config, config)' : 'config';
  const readPage = database.prepare(
    // Only what is needed leaves SQLite: a configuration may hold secrets. Texts leave it quoted, because Node 22 ends
    // those that are not at a NUL, and would take one sandbox for another.
    `WITH page AS (
       SELECT rowid, name, status,
         CASE WHEN octet_length(${config}) <= ${maxConfigBytes} AND json_valid(${config}) THEN ${config} END AS config
       FROM sandbox WHERE rowid < ? ORDER BY rowid DESC LIMIT ${pageRows})
     SELECT rowid, ${quoted('name')}, ${quoted('status')}, config IS NOT NULL AS isTold,
       json_extract(config, '$.network.ports') AS ports, json_extract(config, '$.runtime.guest_clock') AS guestClock
     FROM page`,
  );
  readPage.setReadBigInts(true);
  const entries: InventoryEntry[] = [];
  let unusable = 0;
  let before = 2n ** 63n - 1n;
  // Newest first, a page a turn.
  while (entries.length < maxInventoryEntries) {
    const rows = readPage.all(before);
    for (const row of rows) {
      const entry = entryOf(row);
      if (entry === undefined) unusable++;
      else entries.push(entry);
    }
    const last = rows.at(-1)?.['rowid'];
    if (rows.length < pageRows || typeof last !== 'bigint') return { entries, leftOut: unusable };
    before = last;
    await nextTurn();
  }
  const [count] = database.prepare('SELECT COUNT(*) AS total FROM sandbox').all();
  return { entries, leftOut: Math.max(0, Number(count?.['total']) - entries.length) };
}

/** A column as a JSON string; NULL where it holds no text. */
function quoted(column: string): string {
  return `CASE typeof(${column}) WHEN 'text' THEN json_quote(${column}) END AS ${column}`;
}

function entryOf(row: Readonly<Record<string, unknown>>): InventoryEntry | undefined {
  const { isTold, ports, guestClock } = row;
  const name = unquoted(row['name']);
  const status = unquoted(row['status']);
  if (typeof name !== 'string' || typeof status !== 'string') return undefined;
  if (isTold !== 1n) return { name, status, ports: null };
  return {
    name,
    status,
    ports: portsOfConfig(typeof ports === 'string' ? parseJson(ports) : []),
    isClockFree: isClockFree(guestClock),
  };
}

function unquoted(value: unknown): unknown {
  return typeof value === 'string' ? parseJson(value) : undefined;
}
