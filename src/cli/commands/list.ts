import { formatEndpoint } from '../../agent/endpoint.ts';
import { arcboxCandidates, findArcboxSockets } from '../../sandboxes/sources/arcbox/sockets.ts';
import { discoverArcbox } from '../../sandboxes/sources/arcbox/daemon.ts';
import { discoverMicrosandbox } from '../../sandboxes/sources/microsandbox/discover.ts';
import { joined, plain } from '../../base/text.ts';
import { printResult, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

/** `list`: the sandboxes found on this machine. */
export const listCommand: Command = {
  name: plain`list`,
  summary: plain`list the sandboxes found on this machine`,
  arguments: [],
  options: {},
  async run(context) {
    const { logger, interrupted } = context;
    const microsandboxes = await discoverMicrosandbox(undefined, interrupted);
    const sockets = await findArcboxSockets(arcboxCandidates());
    const machines = sockets && (await discoverArcbox(sockets, interrupted, logger));
    for (const note of [...microsandboxes.notes, ...(machines?.notes ?? [])]) logger.warn(note);
    const found = [...microsandboxes.sandboxes, ...(machines?.sandboxes ?? [])].map(
      ({ name, endpoint, source, state }) => ({ name, endpoint: formatEndpoint(endpoint), source, state }),
    );
    const rows = found.map(({ name, endpoint, state }) => plain`${name}  ${state}  ${endpoint}`);
    printResult(context, found, rows.length === 0 ? plain`No sandbox was found.` : joined(rows, '\n'));
    return exitCodes.done;
  },
};
