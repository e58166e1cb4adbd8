import { formatEndpoint } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import type { BootTiming } from '../../agent/facts.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import { capabilitiesOf, facetOf, type AgentSession } from '../../agent/session.ts';
import { joined, plain, plainText, TextCleaner } from '../../base/text.ts';
import { cleanRuntime, maxNameLength } from '../../sandboxes/model/guest-facts.ts';
import {
  applyPortChanges,
  emptyBook,
  type PortBook,
  type PortKnowledge,
} from '../../sandboxes/model/port-book.ts';
import { judgeReadiness } from '../../sandboxes/model/readiness.ts';
import { endpointRow, printResult, withSession, type Command, type CliContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { roundMs } from '../format.ts';
import { portBindingJson, runtimeStatusJson, systemInfoJson } from '../../agent/facts-json.ts';

/** `status ENDPOINT`: connects, makes a round trip and asks for everything the agent knows. */
export const statusCommand: Command = {
  name: plain`status`,
  summary: plain`connect, make a round trip, show everything known`,
  arguments: [endpointRow],
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const ping = await session.ping(options);
      const runtime = await ifKnown(context, async () => facetOf(session, 'runtime').status(options));
      const shownRuntime = runtime && cleanRuntime(runtime, new TextCleaner());
      const system = await ifKnown(context, async () => facetOf(session, 'system').read(options));
      const ports = await ifKnown(context, async () => listPorts(session, options));
      const capabilities = capabilitiesOf(session);
      const readiness = judgeReadiness({
        connection: { phase: 'open', attempt: 1, failures: 0, sinceMs: 0 },
        capabilities,
        runtime: shownRuntime && { value: shownRuntime, atMs: Date.now() },
        operation: null,
      });
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
      const services = shownRuntime?.services ?? [];
      const version =
        ping.version === '' ? plain`of unknown version` : plainText(ping.version, maxNameLength);
      const lines = [
        plain`${status.endpoint}: ${readiness}, answered in ${status.rttMs} ms`,
        plain`agent ${version}`,
        ...services.map(({ name, status: word, detail }) => plain`  ${name}: ${word}  ${detail}`),
      ];
      printResult(context, status, joined(lines, '\n'));
      return exitCodes.done;
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
