import { Duplex } from 'node:stream';
import { parseEndpoint, protocols, type Protocol } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import { linkAbort } from '../../base/abort.ts';
import { untilAborted } from '../../base/pause.ts';
import { startGuestAgent } from '../../guest/agent.ts';
import { plain, plainText, quoted } from '../../base/text.ts';
import { version } from '../../base/version.ts';
import { maxArgumentLength } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { jsonText } from '../json-text.ts';
import { readTlsOptions } from '../tls-options.ts';

/** `agent`: runs the reference guest agent until interrupted. */
export const agentCommand: Command = {
  name: plain`agent`,
  summary: plain`run the reference guest agent on this machine`,
  arguments: [],
  options: {
    listen: { value: plain`ENDPOINT`, summary: plain`serve there`, isRepeatable: true },
    stdio: { summary: plain`serve one client over standard input and output` },
    protocol: {
      value: plain`PROTOCOL`,
      summary: plain`what --stdio speaks; arcbox unless given`,
      completes: protocols.map((name) => plain`${name}`),
    },
    docker: { value: plain`SOCKET`, summary: plain`the Docker engine's socket`, completes: 'file' },
    containerd: { value: plain`SOCKET`, summary: plain`containerd's socket`, completes: 'file' },
    'allow-clock-set': { summary: plain`let clients set this machine's clock` },
    'allow-exec': { summary: plain`let microsandbox clients run programs here` },
    'allow-files': { summary: plain`let microsandbox clients read and change files here` },
    'allow-forward': { summary: plain`let microsandbox clients connect to TCP ports here` },
    'exit-with-stdin': { summary: plain`end when standard input does` },
  },
  async run({ line, logger, interrupted, print }) {
    const listen = line.texts('listen').map(parseEndpoint);
    const stdio = line.flag('stdio') ? stdioProtocol(line.text('protocol')) : undefined;
    if (listen.length === 0 && stdio === undefined)
      throw new AgentError('usage', plain`agent needs at least one --listen ENDPOINT, or --stdio.`);
    const { ca, cert, key } = await readTlsOptions(line);
    const agent = await startGuestAgent({
      listen,
      ...(cert !== undefined && key !== undefined && { tls: { cert, key, ...(ca !== undefined && { ca }) } }),
      dockerSocket: line.text('docker'),
      containerdSocket: line.text('containerd'),
      allowClockSet: line.flag('allow-clock-set'),
      allow: {
        exec: line.flag('allow-exec'),
        files: line.flag('allow-files'),
        forward: line.flag('allow-forward'),
      },
      version,
      logger,
    });
    if (stdio !== undefined) {
      // Standard output belongs to the client; its end, or that of the input, ends the agent.
      const stream = Duplex.from({ readable: process.stdin, writable: process.stdout });
      await Promise.race([agent.serve(stdio, stream), untilAborted(interrupted)]);
      await agent.close();
      return exitCodes.done;
    }
    print(jsonText({ listening: agent.listening }));
    const stop = linkAbort([interrupted, line.flag('exit-with-stdin') ? stdinEnded() : undefined]);
    await untilAborted(stop.signal);
    await agent.close();
    return exitCodes.done;
  },
};

/** What `--stdio` speaks: ArcBox frames unless `--protocol` says otherwise. */
function stdioProtocol(name = 'arcbox'): Protocol {
  const protocol = protocols.find((known) => known === name);
  if (protocol === undefined)
    throw new AgentError(
      'usage',
      plain`${quoted(name, maxArgumentLength)} is not a protocol of ${plainText(protocols.join(', '), 200)}.`,
    );
  return protocol;
}

/** Aborts when standard input ends, so that an agent does not outlive the program that started it. */
function stdinEnded(): AbortSignal {
  const ended = new AbortController();
  for (const event of ['end', 'close', 'error']) {
    process.stdin.once(event, () => {
      ended.abort();
    });
  }
  process.stdin.resume();
  // Waiting for its end must not keep the process when something else ends the agent.
  if ('unref' in process.stdin) process.stdin.unref();
  return ended.signal;
}
