import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { formatEndpoint, parseEndpoint } from '../../agent/endpoint.ts';
import { tell } from '../../host/notify.ts';
import { askStep } from '../../host/quick-input.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { maxNameLength } from '../../sandboxes/sources/settings.ts';
import {
  withChangedSandbox,
  withSandbox,
  type SettingsEntry,
} from '../../sandboxes/sources/settings-edits.ts';
import { roundTripText } from '../../views/quantities.ts';
import type { CommandContext } from '../context.ts';
import { checkEndpoint } from './check.ts';
import { nameProblem } from './names.ts';
import { askAll, nameQuestion, partQuestion, type Draft, type Question } from './questions.ts';
import { saveNamed } from './save.ts';
import { endpointParts, writtenEndpoint } from './ways.ts';

/** What {@link changeSandbox} begins with. */
export interface Change {
  readonly title: PlainText;
  /** The sandbox that is changed or copied, and its entry in the settings: of that, what is not asked for stays. */
  readonly sandbox: SandboxSnapshot;
  readonly entry: SettingsEntry;
  /** The name that is offered. */
  readonly name: string;
  /** False for a copy beside it. */
  readonly replaces: boolean;
}

/** Asks for the name and the endpoint of a sandbox of the settings, tries an endpoint that is another one, and saves both. */
export async function changeSandbox(context: CommandContext, change: Change): Promise<void> {
  const { title, sandbox, entry, replaces } = change;
  const ownId = replaces ? sandbox.id : undefined;
  const questionsOf = ({ answers }: Draft): readonly Question[] => [
    nameQuestion(
      l10n.t('How shall it be called?'),
      (text) => nameProblem(text, context.registry.list(), ownId),
      () => '',
    ),
    ...endpointParts(answers).map(partQuestion),
  ];
  let draft: Draft | undefined = { name: change.name, answers: { endpoint: String(entry['endpoint']) } };
  let first = 0;
  for (;;) {
    draft = await askAll(title, questionsOf, draft, first);
    if (draft === undefined) return;
    const { name } = draft;
    const endpoint = writtenEndpoint(draft.answers);
    const isSame = formatEndpoint(parseEndpoint(endpoint)) === formatEndpoint(sandbox.endpoint);
    const shownName = plainText(name, maxNameLength);
    const decision = isSame
      ? ({ kind: 'save' } as const)
      : await checkEndpoint(context, shownName, parseEndpoint(endpoint), sandbox.tls);
    if (decision === undefined) return;
    if (decision.kind === 'edit') {
      first = 1;
      continue;
    }
    await saveNamed(name, ownId, (setting) =>
      replaces
        ? withChangedSandbox(setting, sandbox.id, { name, endpoint })
        : withSandbox(setting, { ...entry, name, endpoint }),
    );
    if (decision.kind === 'answered')
      tell(l10n.t('{0} answered after {1} and was saved.', shownName, roundTripText(decision.rttMs)));
    return;
  }
}

/** Asks for another name of a sandbox of the settings. */
export async function renameSandbox({ registry }: CommandContext, sandbox: SandboxSnapshot): Promise<void> {
  const reply = await askStep(
    { title: l10n.t('Rename Sandbox'), step: 1 },
    {
      prompt: l10n.t('How shall it be called?'),
      value: sandbox.name,
      problem: (text) => nameProblem(text, registry.list(), sandbox.id),
    },
  );
  if (typeof reply !== 'object') return;
  const name = reply.value.trim();
  await saveNamed(name, sandbox.id, (setting) => withChangedSandbox(setting, sandbox.id, { name }));
}
