import { plain, plainText, type PlainText } from '../../base/text.ts';
import { Turnstile } from '../../base/turnstile.ts';
import { connectionError } from '../../sandboxes/model/connection.ts';
import { Alarm } from '../../sandboxes/watch/alarm.ts';
import { CallLog } from '../../sandboxes/watch/call-log.ts';
import { SandboxMonitor } from '../../sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { endpointRow, sandboxArgument, type CliContext, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { jsonText } from '../json-text.ts';
import { runtimeStatusJson } from '../../agent/facts-json.ts';
import { portsToJson } from './status.ts';

/** `watch ENDPOINT`: one JSON object a line for every change, until interrupted; reconnects by itself. */
export const watchCommand: Command = {
  name: plain`watch`,
  summary: plain`print state, runtime and ports, then every change, until interrupted`,
  arguments: [endpointRow],
  options: {},
  async run(context) {
    const { connect, logger, interrupted } = context;
    // One that does not run is waited for as if it were only unreachable: nobody tells when it is started.
    const { discovered, ...spec } = await sandboxArgument(context);
    const changed = new Alarm();
    const monitor = new SandboxMonitor(
      { ...spec, ...(discovered && { discovered: { ...discovered, state: 'running' } }) },
      {
        ...{ connect, logger, calls: new CallLog() },
        attempts: new Turnstile(alone),
        polls: new Turnstile(alone),
        onChange: () => {
          changed.ring();
        },
      },
    );
    monitor.setAttention('visible');
    monitor.connect();
    const printed = new Map<EventName, PlainText>();
    while (!interrupted.aborted) {
      printNews(context, monitor.snapshot, printed);
      await changed.wait(forEverMs, interrupted);
      // What changes while nobody reads is not printed line by line, but as it is by then.
      await context.outputTaken();
    }
    monitor.dispose();
    return exitCodes.done;
  },
};

/** One sandbox has nobody to wait for. */
const alone = { maxAtOnce: 1, maxHoldMs: 10_000 };
/** The longest that a timer takes. */
const forEverMs = 2 ** 31 - 1;

type EventName = 'state' | 'runtime' | 'ports';

/** Prints the events that differ from those printed before. */
function printNews(
  { line, print }: CliContext,
  snapshot: SandboxSnapshot,
  printed: Map<EventName, PlainText>,
): void {
  for (const [event, facts] of eventsOf(snapshot)) {
    const text = jsonText(facts);
    if (printed.get(event) === text) continue;
    printed.set(event, text);
    const at = plainText(new Date().toISOString(), 30);
    print(line.json ? jsonText({ event, at, ...facts }) : plain`${at} ${event} ${text}`);
  }
}

/** What a snapshot amounts to. */
function* eventsOf(snapshot: SandboxSnapshot): Generator<[event: EventName, facts: object]> {
  const { connection, readiness, runtime, ports } = snapshot;
  const error = connectionError(connection);
  yield [
    'state',
    {
      state: connection.phase,
      readiness,
      ...(connection.phase === 'backoff' && { attempt: connection.failures }),
      ...(error && { error: { code: error.code, message: error.message } }),
    },
  ];
  if (connection.phase !== 'open') return;
  if (runtime !== null) yield ['runtime', { runtime: runtimeStatusJson(runtime.value) }];
  if (ports.kind === 'known')
    yield ['ports', { ports: portsToJson(ports.book), stale: ports.stale?.reason ?? null }];
  else if (ports.kind === 'unknown') yield ['ports', { ports: null, reason: ports.reason }];
}
