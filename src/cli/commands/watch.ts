import { formatEndpoint } from '../../agent/endpoint.ts';
import { untilAborted } from '../../base/pause.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import { connectionError } from '../../sandboxes/model/connection.ts';
import { SandboxMonitor } from '../../sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { endpointArgument } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { jsonText } from '../json-text.ts';
import { runtimeStatusJson } from '../proto-json.ts';
import { portsToJson } from './status.ts';

/** `watch ENDPOINT`: one JSON object a line for every change, until interrupted; reconnects by itself. */
export const watchCommand: Command = {
  usage: plain`watch ENDPOINT`,
  summary: plain`print state, runtime and ports, then every change, until interrupted`,
  options: {},
  async run(context) {
    const endpoint = endpointArgument(context.line);
    const printed = new Map<EventName, PlainText>();
    const monitor = new SandboxMonitor(
      { id: 'watched', name: formatEndpoint(endpoint), endpoint, source: 'settings' },
      {
        connect: context.connect,
        logger: context.logger,
        onChange: (snapshot) => {
          for (const [event, facts] of eventsOf(snapshot)) {
            const text = jsonText(facts);
            if (printed.get(event) === text) continue;
            printed.set(event, text);
            const at = plainText(new Date().toISOString(), 30);
            context.print(
              context.line.json ? jsonText({ event, at, ...facts }) : plain`${at} ${event} ${text}`,
            );
          }
        },
      },
    );
    monitor.setAttention('visible');
    monitor.connect();
    await untilAborted(context.interrupted);
    monitor.dispose();
    return exitCodes.done;
  },
};

type EventName = 'state' | 'runtime' | 'ports';

/** The events that a snapshot amounts to; each is printed when it differs from the one printed before. */
function* eventsOf(snapshot: SandboxSnapshot): Generator<[event: EventName, facts: object]> {
  const { connection, readiness, runtime, ports, portsUnknownReason } = snapshot;
  const error = connectionError(connection);
  yield [
    'state',
    {
      state: connection.phase,
      readiness,
      ...(connection.phase === 'backoff' && { attempt: connection.attempt }),
      ...(error && { error: { code: error.code, message: error.message } }),
    },
  ];
  if (connection.phase !== 'open') return;
  if (runtime !== null) yield ['runtime', { runtime: runtimeStatusJson(runtime.value) }];
  if (ports !== null) yield ['ports', { ports: portsToJson(ports), stale: ports.staleReason }];
  else if (portsUnknownReason !== null) yield ['ports', { ports: null, reason: portsUnknownReason }];
}
