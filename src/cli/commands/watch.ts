import type { Logger } from '../../base/logger.ts';
import { pause } from '../../base/pause.ts';
import { joined, plain, plainText, type PlainText } from '../../base/text.ts';
import { Turnstile } from '../../base/turnstile.ts';
import { connectionError } from '../../sandboxes/model/connection.ts';
import { Alarm } from '../../sandboxes/watch/alarm.ts';
import { CallLog } from '../../sandboxes/watch/call-log.ts';
import { SandboxMonitor } from '../../sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { endpointRow, sandboxArgument, type CliContext, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { jsonText } from '../json-text.ts';
import { liveView } from '../live-view.ts';
import { addressText, connectionText, containerName, readinessText, sandboxLines } from '../sandbox-view.ts';
import type { Screen } from '../screen.ts';
import { styled } from '../styled.ts';
import { runtimeStatusJson } from '../../agent/facts-json.ts';
import { portsToJson } from './status.ts';

/**
 * `watch ENDPOINT`: follows a sandbox until interrupted, and reconnects by itself. Draws a view over on a terminal; elsewhere
 * prints a line for every change, of JSON with `--json`.
 */
export const watchCommand: Command = {
  name: plain`watch`,
  summary: plain`follow state, runtime and ports until interrupted`,
  arguments: [endpointRow],
  options: {},
  async run(context) {
    const { connect, interrupted, screen, line } = context;
    const isLive = screen.canRedraw && !line.json;
    // The view says what a line of the log would, and such a line would stand in the middle of it.
    const logger = isLive ? silentLogger : context.logger;
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
    const show = isLive ? liveShow(screen) : printNews(context);
    while (!interrupted.aborted) {
      show(monitor.snapshot);
      await changed.wait(forEverMs, interrupted);
      // What changes while nobody reads is not printed line by line, but as it is by then.
      await context.outputTaken();
      if (isLive) await pause(redrawIntervalMs, interrupted);
    }
    monitor.dispose();
    return exitCodes.done;
  },
};

/** One sandbox has nobody to wait for. */
const alone = { maxAtOnce: 1, maxHoldMs: 10_000 };
/** The longest that a timer takes. */
const forEverMs = 2 ** 31 - 1;
/** The view is drawn at most this often, in milliseconds: nobody reads faster. */
const redrawIntervalMs = 200;

const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

type EventName = 'state' | 'runtime' | 'ports';

type Show = (snapshot: SandboxSnapshot) => void;

function liveShow(screen: Screen): Show {
  const draw = liveView(screen);
  return (snapshot) => {
    draw([...sandboxLines(snapshot), [], [styled(plain`Ctrl+C ends`, 'faint')]]);
  };
}

/** Prints the events that differ from those printed before. */
function printNews({ line, print }: CliContext): Show {
  const printed = new Map<EventName, PlainText>();
  return (snapshot) => {
    for (const [event, facts] of eventsOf(snapshot)) {
      const text = line.json ? jsonText(facts) : eventText(event, snapshot);
      if (printed.get(event) === text) continue;
      printed.set(event, text);
      const at = plainText(new Date().toISOString(), 30);
      print(line.json ? jsonText({ event, at, ...facts }) : plain`${at} ${event}: ${text}`);
    }
  };
}

/** Containers and services that a line names; `--json` has all. */
const maxNamed = 20;

/** One line for people. */
function eventText(event: EventName, snapshot: SandboxSnapshot): PlainText {
  const { connection, readiness, runtime, ports } = snapshot;
  if (event === 'state') {
    const why = connectionText(snapshot);
    const word = connection.phase === 'connecting' ? plain`connecting` : readinessText(readiness);
    return why === '' ? word : plain`${word} · ${why}`;
  }
  if (event === 'runtime') {
    const services = runtime?.value.services ?? [];
    return listText(services.map(({ name, status }) => plain`${name} ${status}`));
  }
  if (ports.kind !== 'known') return ports.kind === 'unknown' ? plain`not known. ${ports.reason}` : plain``;
  const published = ports.book.containers.flatMap((container) =>
    container.bindings.map((binding) => plain`${containerName(container)} ${addressText(binding)}`),
  );
  const remark = ports.stale === null ? plain`` : plain` (may be out of date: ${ports.stale.reason})`;
  return plain`${listText([...new Set(published)])}${remark}`;
}

function listText(entries: readonly PlainText[]): PlainText {
  if (entries.length === 0) return plain`none`;
  const more = entries.length - maxNamed;
  return joined([...entries.slice(0, maxNamed), ...(more > 0 ? [plain`and ${more} more`] : [])], ', ');
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
