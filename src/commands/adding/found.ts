import * as l10n from '../../base/l10n.ts';
import { plainText } from '../../base/text.ts';
import type { Choice } from '../../host/notify.ts';
import { findAgentSockets } from '../../sandboxes/sources/listening-sockets.ts';
import { sandboxAppearance } from '../../views/appearance.ts';
import type { CommandContext } from '../context.ts';
import type { Draft } from './questions.ts';
import { protocolPart, socketEndpoint, socketName, type Answers, type Way } from './ways.ts';

/** Longest path of a socket that is shown; a system allows 108 characters. */
const maxPathLength = 200;

/** What a choice among what was found means; any other one is the path of a socket. */
const shown = 'shown:';
const thisMachine = 'this machine';
const nothing = 'nothing';

/** The way to a sandbox that is found on this machine. */
export async function foundWay(context: CommandContext): Promise<Way> {
  const choices = await findChoices(context);
  return {
    label: l10n.t('Found on this machine'),
    detail: l10n.t('What runs here, and sockets that look like those of agents'),
    icon: 'search',
    parts: (answers) => [
      {
        key: 'found',
        prompt: l10n.t('Which one?'),
        choices,
      },
      ...(foundSocket(answers) === undefined ? [] : [protocolPart('arcbox')]),
    ],
    endpoint: (answers) => socketEndpoint(foundSocket(answers) ?? '', answers.protocol),
    name: (answers) => socketName(foundSocket(answers) ?? ''),
  };
}

/** True for the choice that says that there is none. */
export function isNothing({ found }: Answers): boolean {
  return found === nothing;
}

/** What to do in place of adding; `undefined` when there is something to add. */
export function insteadOfAdding(
  { tree, startLocalAgent }: CommandContext,
  { way, answers: { found } }: Draft,
): (() => void | Promise<void>) | undefined {
  if (way !== 'found') return undefined;
  if (found === thisMachine) return startLocalAgent;
  return found?.startsWith(shown) === true ? () => tree.reveal(found.slice(shown.length)) : undefined;
}

function foundSocket({ found }: Answers): string | undefined {
  return found?.startsWith('/') === true ? found : undefined;
}

async function findChoices({ registry, localAgent }: CommandContext): Promise<readonly Choice<string>[]> {
  const snapshots = registry.list();
  const known = new Set(
    snapshots.map(({ endpoint: { transport } }) => (transport.kind === 'unix' ? transport.path : '')),
  );
  const sockets = (await findAgentSockets()).filter((path) => !known.has(path));
  const choices: Choice<string>[] = sockets.map((path) => ({
    label: plainText(path, maxPathLength),
    detail: l10n.t('A socket that listens'),
    icon: 'plug',
    value: path,
  }));
  for (const snapshot of snapshots) {
    if (snapshot.source === 'settings') continue;
    choices.push({
      label: snapshot.name,
      description: sandboxAppearance(snapshot).word,
      detail: l10n.t('Was found by itself. Shows its row'),
      icon: 'vm',
      value: `${shown}${snapshot.id}`,
    });
  }
  if (localAgent.state.phase === 'stopped')
    choices.push({
      label: l10n.t('This machine'),
      detail: l10n.t('Starts the bundled agent and shows its row'),
      icon: 'device-desktop',
      value: thisMachine,
    });
  return choices.length > 0
    ? choices
    : [{ label: l10n.t('Nothing was found. Choose another way…'), value: nothing }];
}
