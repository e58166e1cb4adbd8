import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import * as l10n from '../../../base/l10n.ts';
import { dig, parseJson } from '../../../base/json.ts';
import { portOfText, type InventoryEntry } from './records.ts';

const timeoutMs = 5000;
const maxOutputBytes = 8 * 1024 * 1024;

/**
 * Asks `msb ps`. Resolves with a sentence when that failed, and with `undefined` when `msb` is not installed,
 * or in a place where this user may not look.
 *
 * The program is the one on this process's PATH and runs in the user's own folder, so that nothing in a workspace can
 * take its place.
 */
export function listFromCli(
  home: string,
  signal?: AbortSignal,
): Promise<InventoryEntry[] | string | undefined> {
  return new Promise((resolve) => {
    const options = {
      cwd: homedir(),
      env: { ...process.env, MSB_HOME: home },
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: maxOutputBytes,
      windowsHide: true,
      ...(signal && { signal }),
    };
    execFile('msb', ['ps', '-a', '--format', 'json'], options, (error, stdout) => {
      if (error === null) resolve(parseListing(stdout));
      else if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
      else
        resolve(
          l10n.t(
            'msb ps failed ({0}).',
            error.killed === true ? l10n.t('no answer within {0} ms', timeoutMs) : firstLine(error),
          ),
        );
    });
  });
}

/** Reads the output of `msb ps --format json`; a sentence when it is something else. */
export function parseListing(text: string): InventoryEntry[] | string {
  const rows = parseJson(text);
  if (!Array.isArray(rows)) return l10n.t('msb ps answered something that is not a list.');
  return rows.flatMap((row: unknown) => {
    const [name, status, ports] = [dig(row, 'name'), dig(row, 'status'), dig(row, 'ports')];
    if (typeof name !== 'string' || typeof status !== 'string') return [];
    return [{ name, status, ports: Array.isArray(ports) ? ports.flatMap(portOfText) : [] }];
  });
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}
