import * as l10n from '../base/l10n.ts';
import { ask } from '../host/notify.ts';
import { changeSandboxes, readSettings } from '../host/settings.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import {
  entryOf,
  unusedName,
  withoutSandbox,
  type SettingsEntry,
} from '../sandboxes/sources/settings-edits.ts';
import { addSandbox } from './adding/add.ts';
import { changeSandbox, renameSandbox } from './adding/change.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

/** Commands that change the list of configured sandboxes. */
export function sandboxListCommands(
  context: CommandContext,
): CommandFamily<
  | 'sandlight.addSandbox'
  | 'sandlight.editSandbox'
  | 'sandlight.renameSandbox'
  | 'sandlight.duplicateSandbox'
  | 'sandlight.removeSandbox'
> {
  const configured = (target: unknown): Promise<Configured | undefined> => configuredTarget(context, target);
  return {
    'sandlight.addSandbox': () => addSandbox(context),
    'sandlight.editSandbox': async (target) => {
      const found = await configured(target);
      if (found === undefined) return;
      await changeSandbox(context, {
        ...found,
        title: l10n.t('Edit Sandbox'),
        name: found.sandbox.name,
        replaces: true,
      });
    },
    'sandlight.renameSandbox': async (target) => {
      const found = await configured(target);
      if (found !== undefined) await renameSandbox(context, found.sandbox);
    },
    'sandlight.duplicateSandbox': async (target) => {
      const found = await configured(target);
      if (found === undefined) return;
      await changeSandbox(context, {
        ...found,
        title: l10n.t('Duplicate Sandbox'),
        name: unusedName(found.sandbox.name, context.registry.list()),
        replaces: false,
      });
    },
    'sandlight.removeSandbox': async (target) => {
      const found = await configured(target);
      if (found === undefined) return;
      const { name, id } = found.sandbox;
      const answer = await ask(
        l10n.t('Remove {0} from the settings?', name),
        l10n.t('The sandbox itself is not touched.'),
        { remove: l10n.t('Remove') },
      );
      if (answer === 'remove') await changeSandboxes((setting) => withoutSandbox(setting, id));
    },
  };
}

/** A sandbox of the settings with its entry there. */
interface Configured {
  readonly sandbox: SandboxSnapshot;
  readonly entry: SettingsEntry;
}

async function configuredTarget(context: CommandContext, target: unknown): Promise<Configured | undefined> {
  const monitor = await sandboxTarget(context, target, ({ source }) => source === 'settings');
  if (monitor?.snapshot.source !== 'settings') return undefined;
  const sandbox = monitor.snapshot;
  const entry = entryOf(readSettings().sandboxes, sandbox.id);
  return entry && { sandbox, entry };
}
