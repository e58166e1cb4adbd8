import * as l10n from '../base/l10n.ts';
import { plain, plainText, type PlainText } from '../base/text.ts';
import { formatEndpoint, parseEndpoint, type Endpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import { ask, askText, tell, withCancellableProgress } from '../host/notify.ts';
import { readConfiguredSandbox, withoutSandbox } from '../sandboxes/sources/settings.ts';
import { readSettings, writeSandboxes } from '../host/settings.ts';
import { roundTripText } from '../views/quantities.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

const probeTimeoutMs = 10_000;
const exampleEndpoint = 'arcbox+unix:///run/agent.sock';
/** Longest name that is said of a sandbox being added; the settings take none that is longer. */
const maxNameLength = 128;

/** Commands that change the list of configured sandboxes. */
export function sandboxListCommands(
  context: CommandContext,
): CommandFamily<'sandlight.addSandbox' | 'sandlight.removeSandbox'> {
  return {
    'sandlight.addSandbox': () => addSandbox(context),
    'sandlight.removeSandbox': async (target) => {
      const monitor = await sandboxTarget(context, target, ({ source }) => source === 'settings');
      if (monitor?.snapshot.source !== 'settings') return;
      const { name, id } = monitor.snapshot;
      const answer = await ask(
        l10n.t('Remove {0} from the settings?', name),
        l10n.t('The sandbox itself is not touched.'),
        { remove: l10n.t('Remove') },
      );
      if (answer === 'remove') await writeSandboxes(withoutSandbox(readSettings().sandboxes, id));
    },
  };
}

async function addSandbox(context: CommandContext): Promise<void> {
  const title = l10n.t('Add Sandbox');
  const name = await askText({ title, prompt: l10n.t('How shall it be called?'), problem: nameProblem });
  if (name === undefined) return;
  let text = '';
  for (;;) {
    const answer = await askText({
      title,
      value: text,
      prompt: l10n.t('Where does its guest agent listen?'),
      placeHolder: plain`${exampleEndpoint}`,
      problem: (value) => (value === '' ? undefined : entryProblem(name, value)),
    });
    if (answer === undefined || answer === '') return;
    text = answer;
    const decision = await testEndpoint(context, plainText(name, maxNameLength), parseEndpoint(answer));
    if (decision === undefined) return;
    if (decision === 'save') break;
  }
  const { sandboxes } = readSettings();
  const entries: readonly unknown[] = Array.isArray(sandboxes) ? sandboxes : [];
  await writeSandboxes([...entries, { name: name.trim(), endpoint: text }]);
}

/** Any endpoint will do to find out whether the name would. */
function nameProblem(name: string): PlainText | undefined {
  return entryProblem(name, exampleEndpoint);
}

/** Says why the settings could not hold such an entry. */
function entryProblem(name: string, endpoint: string): PlainText | undefined {
  const result = readConfiguredSandbox({ name, endpoint });
  return typeof result === 'string' ? result : undefined;
}

/** Tries the endpoint and, when nobody answers, asks what to do; `undefined` when nothing is to be done. */
async function testEndpoint(
  { registry, log }: CommandContext,
  name: PlainText,
  endpoint: Endpoint,
): Promise<'save' | 'edit' | undefined> {
  try {
    const title = l10n.t('Testing {0}', formatEndpoint(endpoint));
    const { rttMs } = await withCancellableProgress(title, (signal) =>
      registry.probe(endpoint, { timeoutMs: probeTimeoutMs, signal }),
    );
    tell(l10n.t('{0} answered after {1} and was added.', name, roundTripText(rttMs)));
    return 'save';
  } catch (error) {
    const reason = AgentError.from(error, 'unreachable');
    log.logger.warn(plain`${name}: ${reason.message}`);
    return ask(l10n.t('{0} does not answer. Save it anyway?', name), reason.message, {
      save: l10n.t('Save Anyway'),
      edit: l10n.t('Edit Endpoint'),
    });
  }
}
