import { parseEndpoint } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import { untilAborted } from '../../agent/pause.ts';
import { startGuestAgent } from '../../guest/agent.ts';
import { version } from '../../version.ts';
import type { Command } from '../command.ts';

/** `agent`: runs the reference guest agent until interrupted. */
export const agentCommand: Command = {
  usage:
    'agent --listen ENDPOINT [--listen ...] [--docker SOCKET] [--containerd SOCKET] [--allow-clock-set] [--exit-with-stdin]',
  summary: 'run the reference guest agent on this machine',
  options: {
    listen: { type: 'string', multiple: true },
    docker: { type: 'string' },
    containerd: { type: 'string' },
    'allow-clock-set': { type: 'boolean' },
    'exit-with-stdin': { type: 'boolean' },
  },
  async run({ line, logger, interrupted, print }) {
    const listen = line.texts('listen').map(parseEndpoint);
    if (listen.length === 0) throw new AgentError('usage', 'agent needs at least one --listen ENDPOINT.');
    const agent = await startGuestAgent({
      listen,
      dockerSocket: line.text('docker'),
      containerdSocket: line.text('containerd'),
      allowClockSet: line.flag('allow-clock-set'),
      version,
      logger,
    });
    print(JSON.stringify({ listening: agent.listening }));
    const stop = line.flag('exit-with-stdin') ? AbortSignal.any([interrupted, stdinEnded()]) : interrupted;
    await untilAborted(stop);
    await agent.close();
  },
};

/** Aborts when standard input ends, so that an agent does not outlive the program that started it. */
function stdinEnded(): AbortSignal {
  const ended = new AbortController();
  for (const event of ['end', 'close', 'error']) {
    process.stdin.once(event, () => {
      ended.abort();
    });
  }
  process.stdin.resume();
  return ended.signal;
}
