import * as l10n from '../base/l10n.ts';
import { sentences } from '../agent/errors.ts';
import type { PlainText } from '../base/text.ts';
import { ask, tell } from '../host/notify.ts';
import { clockOffsetText, isInStep } from '../views/quantities.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

const timeoutMs = 10_000;

/** The only command that sets a guest's clock. */
export function clockCommands(context: CommandContext): CommandFamily<'sandlight.syncClock'> {
  return {
    'sandlight.syncClock': async (target) => {
      const monitor = await sandboxTarget(
        context,
        target,
        ({ connection, capabilities }) => connection.phase === 'open' && capabilities.has('sync_clock'),
      );
      if (monitor === undefined) return;
      const { name } = monitor.snapshot;
      const { rttMs, clockOffsetMs } = await monitor.ping({ timeoutMs });
      if (clockOffsetMs !== null && isInStep(clockOffsetMs)) {
        tell(l10n.t('The clock of {0} is in step, so it was left alone.', name));
        return;
      }
      // Half a round trip is as exact as the measurement can be.
      const goesBack = clockOffsetMs !== null && clockOffsetMs > rttMs / 2;
      if (goesBack && !(await maySetBack(name, clockOffsetMs))) return;
      const { driftBeforeMs, confirmed } = await monitor.syncClock({ timeoutMs });
      const did = confirmed
        ? l10n.t('The clock of {0} was set.', name)
        : l10n.t('The time was sent to {0}; its agent does not say whether it set the clock.', name);
      const was =
        driftBeforeMs === null
          ? l10n.t('How far off it was is not known.')
          : l10n.t('It was {0}.', clockOffsetText(driftBeforeMs));
      tell(sentences(did, was));
    },
  };
}

/** Asks before a clock is stepped back, because programs may rely on its going forward only. */
async function maySetBack(name: PlainText, clockOffsetMs: number): Promise<boolean> {
  const answer = await ask(
    l10n.t('Set the clock of {0} back?', name),
    l10n.t(
      'It is {0}. Programs in the guest may not expect time to go backwards.',
      clockOffsetText(clockOffsetMs),
    ),
    { setBack: l10n.t('Set It Back') },
  );
  return answer === 'setBack';
}
