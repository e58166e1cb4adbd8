import * as l10n from '../base/l10n.ts';
import { AgentError } from '../agent/errors.ts';
import { summarize } from '../base/statistics.ts';
import { plain } from '../base/text.ts';
import { tell } from '../host/notify.ts';
import { roundTripText } from '../views/quantities.ts';
import type { CommandContext, CommandFamily } from './context.ts';
import { sandboxTarget } from './target.ts';

const burst = 5;
const timeoutMs = 5000;

/** The command that measures round trips. */
export function pingCommands(context: CommandContext): CommandFamily<'sandlight.ping'> {
  return {
    'sandlight.ping': async (target) => {
      const monitor = await sandboxTarget(context, target, ({ connection }) => connection.phase === 'open');
      if (monitor === undefined) return;
      const { name } = monitor.snapshot;
      const roundTripsMs: number[] = [];
      try {
        for (let i = 0; i < burst; i++) roundTripsMs.push((await monitor.ping({ timeoutMs })).rttMs);
      } catch (error) {
        if (roundTripsMs.length === 0) throw error;
        const { message } = AgentError.from(error, 'connection_closed');
        context.log.logger.warn(plain`ping ${name}: ${message}`);
      }
      const { min, median, max } = summarize(roundTripsMs);
      const message = l10n.t(
        '{0} answered {1} of {2} pings: {3} at least, {4} median, {5} at most.',
        name,
        roundTripsMs.length,
        burst,
        roundTripText(min),
        roundTripText(median),
        roundTripText(max),
      );
      tell(message);
    },
  };
}
