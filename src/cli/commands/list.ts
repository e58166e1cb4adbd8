import { formatEndpoint } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import { arcboxCandidates, findArcboxSockets } from '../../sandboxes/sources/arcbox/sockets.ts';
import { discoverArcbox } from '../../sandboxes/sources/arcbox/daemon.ts';
import { discoverMicrosandbox } from '../../sandboxes/sources/microsandbox/discover.ts';
import { joined, plain, plainText } from '../../base/text.ts';
import { printResult, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

/** Longest name that is printed for people. */
const maxNameLength = 100;

/** `list`: the sandboxes found on this machine. */
export const listCommand: Command = {
  usage: plain`list`,
  summary: plain`list the sandboxes found on this machine`,
  options: {},
  async run(context) {
    const { logger, interrupted, line } = context;
    if (line.positionals.length > 0) throw new AgentError('usage', plain`list takes no argument.`);
    const { sandboxes, notes } = await discoverMicrosandbox(undefined, interrupted);
    for (const note of notes) logger.warn(note);
    const sockets = await findArcboxSockets(arcboxCandidates());
    const machines = sockets === undefined ? [] : await discoverArcbox(sockets, interrupted, logger);
    const found = [...sandboxes, ...machines].map(({ name, endpoint, source, state }) => ({
      name,
      endpoint: formatEndpoint(endpoint),
      source,
      state,
    }));
    const rows = found.map(
      ({ name, endpoint, state }) => plain`${plainText(name, maxNameLength)}  ${state}  ${endpoint}`,
    );
    printResult(context, found, rows.length === 0 ? plain`No sandbox was found.` : joined(rows, '\n'));
    return exitCodes.done;
  },
};
