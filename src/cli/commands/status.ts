import { formatEndpoint } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import type { BootTiming, PortChange } from '../../agent/facts.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import { capabilitiesOf, facetOf, type AgentSession } from '../../agent/session.ts';
import { joined, plain, plainText } from '../../base/text.ts';
import { applyPortChange, type PortBook } from '../../sandboxes/model/port-book.ts';
import { judgeReadiness } from '../../sandboxes/model/readiness.ts';
import { printResult, withSession, type Command, type CliContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { roundMs } from '../format.ts';
import { portBindingJson, runtimeStatusJson, systemInfoJson } from '../proto-json.ts';

/** Most services that are printed for people, and longest word and sentence of a guest. */
const [maxServices, maxWordLength, maxSentenceLength] = [50, 50, 200];

/** `status ENDPOINT`: connects, makes a round trip and asks for everything the agent knows. */
export const statusCommand: Command = {
  usage: plain`status ENDPOINT`,
  summary: plain`connect, make a round trip, show everything known`,
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const ping = await session.ping(options);
      const runtime = await ifKnown(context, async () => facetOf(session, 'runtime').status(options));
      const system = await ifKnown(context, async () => facetOf(session, 'system').read(options));
      const ports = await ifKnown(context, async () => listPorts(session, options));
      const capabilities = capabilitiesOf(session);
      const readiness = judgeReadiness({
        connection: { phase: 'open', sinceMs: 0 },
        capabilities,
        runtime: runtime && { value: runtime, atMs: Date.now() },
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
      const services = runtime?.services ?? [];
      const version =
        ping.version === '' ? plain`of unknown version` : plainText(ping.version, maxWordLength);
      printResult(
        context,
        status,
        joined(
          [
            plain`${status.endpoint}: ${readiness}, answered in ${status.rttMs} ms`,
            plain`agent ${version}`,
            ...services
              .slice(0, maxServices)
              .map(
                ({ name, status: word, detail }) =>
                  plain`  ${plainText(name, maxWordLength)}: ${plainText(word, maxWordLength)}  ${plainText(detail, maxSentenceLength)}`,
              ),
            ...(services.length > maxServices ? [plain`  and ${services.length - maxServices} more`] : []),
          ],
          '\n',
        ),
      );
      return exitCodes.done;
    }),
};

/** Ports in the JSON of `status` and `watch`. */
export function portsToJson(ports: PortBook): unknown {
  return ports.containers.map(({ containerId, bindings }) => ({
    containerId,
    bindings: bindings.map(portBindingJson),
  }));
}

async function listPorts(session: AgentSession, options: CallOptions): Promise<PortBook | null> {
  let book: PortBook | null = null;
  const apply = (change: PortChange): void => {
    book = applyPortChange(book, change);
  };
  await facetOf(session, 'ports').follow(apply, options);
  return book;
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
