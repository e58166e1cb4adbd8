import * as l10n from '../base/l10n.ts';
import { joined, type PlainText } from '../base/text.ts';
import { AgentError, sentences } from '../agent/errors.ts';
import { tell, withCancellableProgress } from '../host/notify.ts';
import type { SandboxMonitor } from '../sandboxes/watch/sandbox-monitor.ts';
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
  const elapsed = (): PlainText => durationText(Date.now() - startedAtMs);
  const showLog = { label: l10n.t('Show Log'), command: 'sandlight.showLog' } as const;
  try {
    const outcome = await withCancellableProgress(
      l10n.t('Ensuring the runtime of {0}', name),
      (signal, report) =>
        monitor.ensureRuntime({
          startIfNeeded: true,
          timeoutMs,
          signal,
          onProgress: ({ detail, elapsedMs }) => {
            const text = joined(detail === '' ? [elapsed()] : [elapsed(), detail], ' · ');
            report(elapsedMs < slowMs ? { text } : { text, link: showLog });
          },
        }),
    );
    if (!outcome.ready) {
      const message = l10n.t('The runtime of {0} is not ready ({1}).', name, outcome.status);
      throw new AgentError('remote_error', sentences(message, outcome.message));
    }
    tell(
      outcome.status === 'started'
        ? startedText(name, Date.now() - startedAtMs)
        : l10n.t('The runtime of {0} is ready; it was already running.', name),
    );
  } catch (error) {
    if (!(error instanceof AgentError && error.code === 'cancelled')) throw error;
    tell(l10n.t('No longer watching {0}; the guest goes on by itself.', name));
  }
}

/** Says how long the start took; a number of whole seconds would say "0 s" of a quick one. */
export function startedText(name: PlainText, elapsedMs: number): PlainText {
  return elapsedMs < 1000
    ? l10n.t('The runtime of {0} was started in under a second.', name)
    : l10n.t('The runtime of {0} was started in {1}.', name, durationText(elapsedMs));
}
