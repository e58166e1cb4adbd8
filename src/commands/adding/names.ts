import * as l10n from '../../base/l10n.ts';
import { plainText, quoted, type PlainText } from '../../base/text.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import type { SandboxSpec } from '../../sandboxes/model/snapshot.ts';
import { maxNameLength, readConfiguredSandbox } from '../../sandboxes/sources/settings.ts';
import { holderOf } from '../../sandboxes/sources/settings-edits.ts';
import { exampleEndpoint } from './problems.ts';

/** Most that is shown of the endpoint of a sandbox that has a name already. */
const maxHolderLength = 100;

/** Says why a sandbox cannot be called so: the settings would not take it, or another one of `sandboxes` is. */
export function nameProblem(
  name: string,
  sandboxes: readonly SandboxSpec[],
  ownId?: string,
): PlainText | undefined {
  // Any endpoint will do to find out whether the name would.
  const problem = readConfiguredSandbox({ name, endpoint: exampleEndpoint });
  if (typeof problem === 'string') return problem;
  const holder = holderOf(name, sandboxes, ownId);
  return (
    holder &&
    l10n.t(
      '{0} is already the name of the sandbox at {1}.',
      quoted(holder.name, maxNameLength),
      plainText(formatEndpoint(holder.endpoint), maxHolderLength),
    )
  );
}
