import { AgentError } from '../../agent/errors.ts';
import { changeSandboxes } from '../../host/settings.ts';
import { readConfiguredSandboxes } from '../../sandboxes/sources/settings.ts';
import { nameProblem } from './names.ts';

/**
 * Writes what `change` makes of the setting as it is at this moment.
 *
 * @throws AgentError `usage` when another sandbox than that of `ownId` has got the name meanwhile
 */
export async function saveNamed(
  name: string,
  ownId: string | undefined,
  change: (setting: unknown) => readonly unknown[],
): Promise<void> {
  await changeSandboxes((setting) => {
    const problem = nameProblem(name, readConfiguredSandboxes(setting).specs, ownId);
    if (problem !== undefined) throw new AgentError('usage', problem);
    return change(setting);
  });
}
