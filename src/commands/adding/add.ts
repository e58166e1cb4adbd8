import * as l10n from '../../base/l10n.ts';
import { plainText } from '../../base/text.ts';
import { parseEndpoint } from '../../agent/endpoint.ts';
import { tell } from '../../host/notify.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { maxNameLength } from '../../sandboxes/sources/settings.ts';
import { unusedName, withSandbox, type SettingsEntry } from '../../sandboxes/sources/settings-edits.ts';
import { roundTripText } from '../../views/quantities.ts';
import type { CommandContext } from '../context.ts';
import { checkEndpoint } from './check.ts';
import { foundWay, insteadOfAdding } from './found.ts';
import { nameProblem } from './names.ts';
import { askAll, nameQuestion, partQuestion, wayQuestion, type Draft, type Question } from './questions.ts';
import { saveNamed } from './save.ts';
import { ways } from './ways.ts';

/** Asks how a sandbox is reached and what it is called, tries it, and adds it to the settings. */
export async function addSandbox(context: CommandContext): Promise<void> {
  const offered = ways(await foundWay(context));
  const wayOf = ({ way }: Draft): (typeof offered)[keyof typeof offered] => offered[way ?? 'endpoint'];
  const others = (): readonly SandboxSnapshot[] => context.registry.list();
  const name = nameQuestion(
    l10n.t('How shall it be called?'),
    (text) => nameProblem(text, others()),
    (draft) => {
      const suggested = wayOf(draft).name(draft.answers);
      return suggested === '' ? '' : unusedName(suggested, others());
    },
  );
  const questionsOf = (draft: Draft): readonly Question[] => [
    wayQuestion(l10n.t('How is its guest agent reached?'), offered),
    ...wayOf(draft).parts(draft.answers).map(partQuestion),
    ...(insteadOfAdding(context, draft) === undefined ? [name] : []),
  ];
  let draft: Draft | undefined = { answers: {}, name: '' };
  let first = 0;
  for (;;) {
    draft = await askAll(l10n.t('Add Sandbox'), questionsOf, draft, first);
    if (draft === undefined) return;
    const instead = insteadOfAdding(context, draft);
    if (instead !== undefined) return instead();
    const way = wayOf(draft);
    const endpoint = way.endpoint(draft.answers);
    const tls = way.tls?.(draft.answers);
    const shownName = plainText(draft.name, maxNameLength);
    const decision = await checkEndpoint(context, shownName, parseEndpoint(endpoint), tls);
    if (decision === undefined) return;
    if (decision.kind === 'edit') {
      // Back to what leads there, with everything as it was answered.
      first = 1;
      continue;
    }
    const entry: SettingsEntry = { name: draft.name, endpoint, ...(tls && { tls }) };
    await saveNamed(draft.name, undefined, (setting) => withSandbox(setting, entry));
    if (decision.kind === 'answered')
      tell(l10n.t('{0} answered after {1} and was added.', shownName, roundTripText(decision.rttMs)));
    return;
  }
}
