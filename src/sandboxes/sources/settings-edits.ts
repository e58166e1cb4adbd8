import * as l10n from '../../base/l10n.ts';
import { AgentError } from '../../agent/errors.ts';
import type { SandboxSpec } from '../model/snapshot.ts';
import { readConfiguredSandbox, settingName } from './settings.ts';

/** One entry of the setting as its author wrote it. */
export type SettingsEntry = Readonly<Record<string, unknown>>;

/** What tells a sandbox apart from others to a person. */
type Named = Pick<SandboxSpec, 'id' | 'name'>;

/** The entry of the sandbox of this id; `undefined` when there is none. */
export function entryOf(setting: unknown, id: string): SettingsEntry | undefined {
  const entry = entriesOf(setting).find((candidate) => idOf(candidate) === id);
  return entry as SettingsEntry | undefined;
}

/** The setting with one more sandbox, after those that are there. */
export function withSandbox(setting: unknown, entry: SettingsEntry): readonly unknown[] {
  return [...entriesOf(setting), entry];
}

/** The setting without the sandbox of this id; entries that cannot be used stay for their author to mend. */
export function withoutSandbox(setting: unknown, id: string): readonly unknown[] {
  return entriesOf(setting).filter((entry) => idOf(entry) !== id);
}

/**
 * The setting with `changes` made to the sandbox of this id: whatever else stands in its entry stays, and so do all others.
 *
 * @throws AgentError `usage` when there is no such sandbox any more
 */
export function withChangedSandbox(setting: unknown, id: string, changes: SettingsEntry): readonly unknown[] {
  const entries = entriesOf(setting);
  const index = entries.findIndex((entry) => idOf(entry) === id);
  if (index < 0)
    throw new AgentError(
      'usage',
      l10n.t('The settings were changed meanwhile and no longer have this sandbox. Nothing was saved.'),
    );
  return entries.with(index, { ...(entries[index] as SettingsEntry), ...changes });
}

/** The sandbox that bears a name, in whatever case it is written; the one of `exceptId` does not count. */
export function holderOf<Sandbox extends Named>(
  name: string,
  sandboxes: readonly Sandbox[],
  exceptId?: string,
): Sandbox | undefined {
  const wanted = comparable(name);
  return sandboxes.find((sandbox) => sandbox.id !== exceptId && comparable(sandbox.name) === wanted);
}

/** `name` with the first number after it, from 2 on, that no other sandbox bears; `name` itself when nobody bears it. */
export function unusedName(name: string, sandboxes: readonly Named[]): string {
  let free = name;
  for (let number = 2; holderOf(free, sandboxes) !== undefined; number++) free = [name, number].join(' ');
  return free;
}

function comparable(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}

function idOf(entry: unknown): string | undefined {
  const spec = readConfiguredSandbox(entry);
  return typeof spec === 'string' ? undefined : spec.id;
}

/**
 * The entries that are there.
 *
 * @throws AgentError `usage` when the setting is something else than a list: it is its author's, and is not written over
 */
function entriesOf(setting: unknown): readonly unknown[] {
  if (setting === undefined || setting === null) return [];
  if (Array.isArray(setting)) return setting;
  throw new AgentError(
    'usage',
    l10n.t('The setting {0} must be a list of {1}.', settingName, '{name, endpoint}'),
  );
}
