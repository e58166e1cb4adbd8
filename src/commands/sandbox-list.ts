import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { formatEndpoint, parseEndpoint, type Endpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import { readConfiguredSandbox, withoutSandbox } from '../sandboxes/sources/settings.ts';
import { readSettings, writeSandboxes } from '../host/settings.ts';
import { inert } from '../views/plain-text.ts';
import { roundTripText } from '../views/quantities.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

const probeTimeoutMs = 10_000;
const exampleEndpoint = 'arcbox+unix:///run/agent.sock';

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
      const remove = l10n.t('Remove');
      const choice = await vscode.window.showWarningMessage(
        inert(l10n.t('Remove {0} from the settings?', name)),
        { modal: true, detail: l10n.t('The sandbox itself is not touched.') },
        remove,
      );
      if (choice === remove) await writeSandboxes(withoutSandbox(readSettings().sandboxes, id));
    },
  };
}

async function addSandbox(context: CommandContext): Promise<void> {
  const title = l10n.t('Add Sandbox');
  const name = await vscode.window.showInputBox({
    title,
    prompt: l10n.t('How shall it be called?'),
    validateInput: nameProblem,
    ignoreFocusOut: true,
  });
  if (name === undefined) return;
  let text = '';
  for (;;) {
    const answer = await vscode.window.showInputBox({
      title,
      value: text,
      prompt: l10n.t('Where does its guest agent listen?'),
      placeHolder: exampleEndpoint,
      validateInput: (value) => (value === '' ? undefined : entryProblem(name, value)),
      ignoreFocusOut: true,
    });
    if (answer === undefined || answer === '') return;
    text = answer;
    const decision = await testEndpoint(context, name, parseEndpoint(answer));
    if (decision === 'cancel') return;
    if (decision === 'save') break;
  }
  const { sandboxes } = readSettings();
  const entries: readonly unknown[] = Array.isArray(sandboxes) ? sandboxes : [];
  await writeSandboxes([...entries, { name: name.trim(), endpoint: text }]);
}

/** Any endpoint will do to find out whether the name would. */
function nameProblem(name: string): string | undefined {
  return entryProblem(name, exampleEndpoint);
}

/** Says why the settings could not hold such an entry. */
function entryProblem(name: string, endpoint: string): string | undefined {
  const result = readConfiguredSandbox({ name, endpoint });
  return typeof result === 'string' ? result : undefined;
}

/** Tries the endpoint and, when nobody answers, asks what to do. */
async function testEndpoint(
  { registry, log }: CommandContext,
  name: string,
  endpoint: Endpoint,
): Promise<'save' | 'edit' | 'cancel'> {
  const title = inert(l10n.t('Testing {0}', formatEndpoint(endpoint)));
  const location = vscode.ProgressLocation.Notification;
  try {
    const { rttMs } = await vscode.window.withProgress({ title, location, cancellable: true }, (_, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => {
        abort.abort();
      });
      return registry.probe(endpoint, { timeoutMs: probeTimeoutMs, signal: abort.signal });
    });
    void vscode.window.showInformationMessage(
      inert(l10n.t('{0} answered after {1} and was added.', name, roundTripText(rttMs))),
    );
    return 'save';
  } catch (error) {
    const reason = AgentError.from(error, 'unreachable');
    log.warn(`${name}: ${reason.message}`);
    const save = l10n.t('Save Anyway');
    const edit = l10n.t('Edit Endpoint');
    const choice = await vscode.window.showWarningMessage(
      inert(l10n.t('{0} does not answer. Save it anyway?', name)),
      { modal: true, detail: reason.message },
      save,
      edit,
    );
    return choice === save ? 'save' : choice === edit ? 'edit' : 'cancel';
  }
}
