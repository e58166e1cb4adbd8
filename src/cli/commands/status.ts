import { formatEndpoint } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import type { BootTiming } from '../../agent/facts.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import { capabilitiesOf, facetOf, missing, type AgentSession } from '../../agent/session.ts';
import { plain, TextCleaner } from '../../base/text.ts';
import { cleanIdentity, cleanRuntime, cleanSystem } from '../../sandboxes/model/guest-facts.ts';
import {
  applyPortChanges,
  emptyBook,
  knownFromTool,
  type PortBook,
  type PortKnowledge,
} from '../../sandboxes/model/port-book.ts';
import { judgeReadiness } from '../../sandboxes/model/readiness.ts';
import type { Dated, SandboxSpec } from '../../sandboxes/model/snapshot.ts';
import { sandboxLines } from '../sandbox-view.ts';
import { endpointRow, printResult, withSession, type Command, type CliContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { roundMs } from '../format.ts';
import { portBindingJson, runtimeStatusJson, systemInfoJson } from '../../agent/facts-json.ts';

/**
 * `status ENDPOINT`: connects, makes a round trip and asks for everything the agent knows. With `--check` what is not ready
 * is a no.
 */
export const statusCommand: Command = {
  name: plain`status`,
  summary: plain`connect, make a round trip, show everything known`,
  arguments: [endpointRow],
  options: { check: { summary: plain`exit with 1 unless it is ready` } },
  run: (context) =>
    withSession(context, async (session, options, spec) => {
      const cleaner = new TextCleaner();
      const ping = await session.ping(options);
      const runtime = await ifKnown(context, async () => facetOf(session, 'runtime').status(options));
      const shownRuntime = runtime && { value: cleanRuntime(runtime, cleaner), atMs: Date.now() };
      const system = await ifKnown(context, async () => facetOf(session, 'system').read(options));
      const ports = (await ifKnown(context, () => listPorts(session, options))) ?? portsOfTool(spec);
      const capabilities = capabilitiesOf(session);
      const connection = { phase: 'open', attempt: 1, failures: 0, sinceMs: 0 } as const;
      const readiness = judgeReadiness({ connection, capabilities, runtime: shownRuntime, operation: null });
      const status = {
        endpoint: formatEndpoint(session.endpoint),
        protocol: session.endpoint.protocol,
        agent: session.agent,
        readiness,
        rttMs: roundMs(ping.rttMs),
        runtime: runtime && runtimeStatusJson(runtime),
        system: system && systemInfoJson(system),
        ports: ports && portsToJson(ports),
        boot: session.boot && bootToJson(session.boot),
        capabilities: [...capabilities],
      };
      const now = <T>(value: T): Dated<T> => ({ value, atMs: Date.now() });
      const lines = sandboxLines({
        ...{ name: spec.name, endpoint: spec.endpoint, connection, readiness },
        ...(spec.discovered && { discovered: spec.discovered }),
        agent: session.agent && cleanIdentity(session.agent, cleaner),
        roundTripMs: now(ping.rttMs),
        clockOffsetMs: ping.clockOffsetMs === null ? null : now(ping.clockOffsetMs),
        runtime: shownRuntime,
        system: system && now(cleanSystem(system, cleaner)),
        ports:
          ports === null
            ? { kind: 'unknown', reason: missing(session, 'ports').message }
            : { kind: 'known', book: ports, stale: null },
      });
      printResult(context, status, lines);
      return context.line.flag('check') && readiness !== 'ready' ? exitCodes.saidNo : exitCodes.done;
    }),
};

/** Ports in the JSON of `status` and `watch`; a container that publishes nothing is none of them. */
export function portsToJson({ containers }: PortBook): unknown {
  return containers
    .filter(({ bindings }) => bindings.length > 0)
    .map(({ containerId, facts, bindings }) => ({
      containerId,
      ...(facts !== null && { name: facts.name, image: facts.image }),
      bindings: bindings.map(portBindingJson),
    }));
}

/** The ports that the sandbox's own tool publishes; `null` when it does not tell. */
function portsOfTool({ discovered }: SandboxSpec): PortBook | null {
  const ports = discovered?.ports ?? null;
  const known = ports === null ? null : knownFromTool(ports);
  return known?.kind === 'known' ? known.book : null;
}

async function listPorts(session: AgentSession, options: CallOptions): Promise<PortBook> {
  const stream = await facetOf(session, 'ports').follow({ onPending: () => undefined }, options);
  let known: PortKnowledge = { kind: 'asking' };
  for (let changes = stream.drain(); changes.length > 0; changes = stream.drain())
    known = applyPortChanges(known, changes, Date.now());
  return known.kind === 'known' ? known.book : emptyBook;
}

/** `null` when the agent lacks the call or refuses it; failures of the connection are thrown. */
async function ifKnown<T>({ logger }: CliContext, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    const reason = AgentError.from(error, 'connection_closed');
    if (reason.code !== 'unsupported' && reason.code !== 'remote_error' && reason.code !== 'not_permitted')
      throw reason;
    logger.debug(reason.message);
    return null;
  }
}

function bootToJson({ bootTimeNanos, initTimeNanos, readyTimeNanos }: BootTiming): unknown {
  return {
    bootTimeNanos: bootTimeNanos.toString(),
    initTimeNanos: initTimeNanos.toString(),
    readyTimeNanos: readyTimeNanos.toString(),
  };
}
