import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, maxQuotedLength } from '../agent/errors.ts';
import { readFileWithin } from '../base/bounded-file.ts';
import { dig, parseJsonWithComments } from '../base/json.ts';
import { plain, plainText, type PlainText } from '../base/text.ts';
import type { SandboxSpec } from '../sandboxes/model/snapshot.ts';
import { readConfiguredSandboxes } from '../sandboxes/sources/settings.ts';

/** Most bytes of a settings file that is read. */
export const maxSettingsBytes = 1024 * 1024;

/** Editors that keep their settings alike: the folder of one on a desktop, and of its server on a remote machine. */
const editors = [
  { desktop: 'Code', server: '.vscode-server' },
  { desktop: 'Code - Insiders', server: '.vscode-server-insiders' },
  { desktop: 'VSCodium', server: '.vscodium-server' },
] as const;

/** What the settings of the editors configure. */
export interface SettingsFindings {
  readonly specs: readonly SandboxSpec[];
  /** Sentences that say why there may be more. */
  readonly notes: readonly PlainText[];
}

/**
 * The files that may hold a person's `sandlight.sandboxes`: the one that `SANDLIGHT_SETTINGS` names, else the user settings
 * of the editors, and the machine settings of their servers. None of them belongs to a workspace, because a workspace may
 * not choose what is connected to or executed.
 */
export function settingsFiles(
  env: NodeJS.ProcessEnv = process.env,
  home = homedir(),
  platform: NodeJS.Platform = process.platform,
): readonly string[] {
  const named = env['SANDLIGHT_SETTINGS'];
  if (named !== undefined && named !== '') return [named];
  const desktops =
    platform === 'win32'
      ? (env['APPDATA'] ?? join(home, 'AppData', 'Roaming'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : (env['XDG_CONFIG_HOME'] ?? join(home, '.config'));
  return editors.flatMap(({ desktop, server }) => [
    join(desktops, desktop, 'User', 'settings.json'),
    join(home, server, 'data', 'Machine', 'settings.json'),
  ]);
}

/** Reads the sandboxes that are configured in `files`; one that is in several, alike, counts once. */
export async function readSettingsFiles(files: readonly string[]): Promise<SettingsFindings> {
  const found = await Promise.all(files.map(readSettingsFile));
  const specs = new Map(found.flatMap(({ specs: own }) => own.map((spec) => [spec.id, spec])));
  return { specs: [...specs.values()], notes: found.flatMap(({ notes }) => notes) };
}

async function readSettingsFile(path: string): Promise<SettingsFindings> {
  const subject = plainText(path, maxQuotedLength);
  try {
    const { text } = await readFileWithin(path, maxSettingsBytes);
    const settings = parseJsonWithComments(text);
    if (settings === undefined) return { specs: [], notes: [plain`${subject} is not JSON with comments.`] };
    const { specs, problems } = readConfiguredSandboxes(dig(settings, 'sandlight.sandboxes'));
    return { specs, notes: problems.map((problem) => plain`${subject}: ${problem}`) };
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { specs: [], notes: isAbsent ? [] : [plain`${subject} cannot be read (${messageOf(error)}).`] };
  }
}
