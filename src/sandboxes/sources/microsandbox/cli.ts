import { execFile, type ExecFileException } from 'node:child_process';
import { homedir } from 'node:os';
import * as l10n from '../../../base/l10n.ts';
import { plainText, type PlainText } from '../../../base/text.ts';
import { dig, parseJson } from '../../../base/json.ts';
import { maxInventoryEntries, portsOfTexts, type InventoryEntry, type Listing } from './records.ts';

const timeoutMs = 5000;
/** Most that `msb ps` may print; about 20,000 sandboxes. */
const maxOutputMiB = 8;
/** Longest words of `msb` that are quoted. */
const maxReasonLength = 200;

/**
 * Asks `msb ps`. Resolves with a sentence when that failed, and with `undefined` when `msb` is not installed,
 * or in a place where this user may not look.
 *
 * The program is the one on this process's PATH and runs in the user's own folder, so that nothing in a workspace can
 * take its place.
 */
export function listFromCli(home: string, signal?: AbortSignal): Promise<Listing | PlainText | undefined> {
  return new Promise((resolve) => {
    const options = {
      cwd: homedir(),
      env: { ...process.env, MSB_HOME: home },
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: maxOutputMiB * 1024 * 1024,
      windowsHide: true,
      ...(signal && { signal }),
    };
    execFile('msb', ['ps', '-a', '--format', 'json'], options, (error, stdout, stderr) => {
      if (error === null) resolve(parseListing(stdout));
      else if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
      else resolve(l10n.t('msb ps failed ({0}).', whyItFailed(error, stderr)));
    });
  });
}

/** Reads the output of `msb ps --format json`; a sentence when it is something else. */
export function parseListing(text: string): Listing | PlainText {
  const rows = parseJson(text);
  if (!Array.isArray(rows)) return l10n.t('msb ps answered something that is not a list.');
  const entries = rows.slice(0, maxInventoryEntries).flatMap((row: unknown): InventoryEntry[] => {
    const [name, status] = [dig(row, 'name'), dig(row, 'status')];
    if (typeof name !== 'string' || typeof status !== 'string') return [];
    return [{ name, status, ports: portsOfTexts(dig(row, 'ports')) }];
  });
  return { entries, leftOut: rows.length - entries.length };
}

function whyItFailed(error: ExecFileException, stderr: string): PlainText {
  // Where the code is a number it is the program's exit code.
  const code: unknown = error.code;
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return l10n.t('it printed more than {0} MiB', maxOutputMiB);
  if (error.killed === true) return l10n.t('no answer within {0} ms', timeoutMs);
  const words = plainText(firstLine(stderr), maxReasonLength);
  return words === '' ? plainText(firstLine(error.message), maxReasonLength) : words;
}

/** The first line that says something. */
function firstLine(text: string): string {
  return /\S.*/.exec(text.slice(0, 4096))?.[0] ?? '';
}
