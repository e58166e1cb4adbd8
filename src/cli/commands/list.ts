import { formatEndpoint } from '../../agent/endpoint.ts';
import { plain, type PlainText } from '../../base/text.ts';
import type { DiscoveredState } from '../../sandboxes/model/discovered.ts';
import { printResult, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { lookForSandboxes, type KnownSandboxes } from '../known-sandboxes.ts';
import { styled, type Line, type Style } from '../styled.ts';
import { tableLines } from '../table.ts';

/**
 * `list`: the sandboxes found on this machine, and for people also those that are configured. What could not be asked is
 * told on standard error and hides nothing else; the list is then what was found, which is no failure.
 */
export const listCommand: Command = {
  name: plain`list`,
  summary: plain`list the sandboxes that can be named`,
  arguments: [],
  options: {},
  async run(context) {
    const known = await lookForSandboxes(context.interrupted, context.logger);
    for (const note of known.notes) context.logger.warn(note);
    const found = known.discovered.map(({ name, endpoint, source, state }) => ({
      name,
      endpoint: formatEndpoint(endpoint),
      source,
      state,
    }));
    printResult(context, found, listLines(known));
    return exitCodes.done;
  },
};

const stateStyles: Readonly<Record<DiscoveredState, Style>> = {
  running: 'good',
  starting: 'warning',
  paused: 'warning',
  stopped: 'faint',
  dead: 'bad',
};

function listLines({ discovered, configured }: KnownSandboxes): readonly Line[] {
  if (discovered.length + configured.length === 0) return [[plain`No sandbox was found.`]];
  const header: readonly PlainText[] = [plain`NAME`, plain`STATE`, plain`SOURCE`, plain`ENDPOINT`];
  return tableLines(header, [
    ...discovered.map(({ name, state, source, endpoint }) => [
      name,
      styled(plain`${state}`, stateStyles[state]),
      plain`${source}`,
      formatEndpoint(endpoint),
    ]),
    // Whether one runs is known only to whom it answers.
    ...configured.map(({ name, source, endpoint }) => [
      name,
      styled(plain`-`, 'faint'),
      plain`${source}`,
      formatEndpoint(endpoint),
    ]),
  ]);
}
