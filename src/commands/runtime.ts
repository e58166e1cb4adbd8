import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { AgentError, sentences } from '../agent/errors.ts';
import type { SandboxMonitor } from '../sandboxes/watch/sandbox-monitor.ts';
import { inert } from '../views/plain-text.ts';
import { durationText } from '../views/quantities.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

/** Longer than any real agent takes to start its runtime. */
const timeoutMs = 180_000;
/** After this long the log is offered. */
const slowMs = 10_000;

/** The command that makes a sandbox's container runtime usable. */
export function runtimeCommands(context: CommandContext): CommandFamily<'sandlight.ensureRuntime'> {
  return {
    'sandlight.ensureRuntime': async (target) => {
      const monitor = await sandboxTarget(
        context,
        target,
        ({ connection, capabilities }) => connection.phase === 'open' && capabilities.has('ensure_runtime'),
      );
      if (monitor !== undefined) await ensureWithProgress(monitor);
    },
  };
}

async function ensureWithProgress(monitor: SandboxMonitor): Promise<void> {
  const { name } = monitor.snapshot;
  const startedAtMs = Date.now();
  const elapsed = (): string => durationText(Date.now() - startedAtMs);
  try {
    const response = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: inert(l10n.t('Ensuring the runtime of {0}', name)),
        cancellable: true,
      },
      (progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => {
          abort.abort();
        });
        return monitor.ensureRuntime({
          startIfNeeded: true,
          timeoutMs,
          signal: abort.signal,
          onProgress: ({ detail, elapsedMs }) => {
            const words = [elapsed(), ...(detail === '' ? [] : [inert(detail)])].join(' · ');
            // The one link in it is ours: what the guest says is inert.
            const link = elapsedMs < slowMs ? '' : ` ([${l10n.t('Show Log')}](command:sandlight.showLog))`;
            progress.report({ message: `${words}${link}` });
          },
        });
      },
    );
    if (!response.ready) {
      throw new AgentError(
        'remote_error',
        sentences(
          l10n.t('The runtime of {0} is not ready ({1}).', name, response.status),
          inert(response.message),
        ),
      );
    }
    void vscode.window.showInformationMessage(
      inert(
        response.status === 'started'
          ? l10n.t('The runtime of {0} was started in {1}.', name, elapsed())
          : l10n.t('The runtime of {0} is ready; it was already running.', name),
      ),
    );
  } catch (error) {
    if (!(error instanceof AgentError && error.code === 'cancelled')) throw error;
    void vscode.window.showInformationMessage(
      inert(l10n.t('No longer watching {0}; the guest goes on by itself.', name)),
    );
  }
}
