import { formatEndpoint } from '../../agent/endpoint.ts';
import { AgentError } from '../../agent/errors.ts';
import { RuntimeStatusResponse, SystemInfo } from '../../agent/generated/arcbox/v1/agent.ts';
import { PortBinding } from '../../agent/generated/arcbox/v1/common.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { AgentSession, BootTiming, PortChange } from '../../agent/session.ts';
import { applyPortChange, type PortBook } from '../../sandboxes/model/port-book.ts';
import { judgeReadiness } from '../../sandboxes/model/readiness.ts';
import { printResult, withSession, type Command, type CommandContext } from '../command.ts';
import { roundMs } from '../format.ts';

/** `status ENDPOINT`: connects, makes a round trip and asks for everything the agent knows. */
export const statusCommand: Command = {
  usage: 'status ENDPOINT',
  summary: 'connect, make a round trip, show everything known',
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const ping = await session.ping(options);
      const runtime = await ifKnown(context, session.runtimeStatus(options));
      const system = await ifKnown(context, session.systemInfo(options));
      const ports = await ifKnown(context, listPorts(session, options));
      const capabilities = [...session.capabilities];
      const readiness = judgeReadiness({
        connection: { phase: 'open', sinceMs: 0 },
        capabilities: session.capabilities,
        runtime: runtime && { value: runtime, atMs: Date.now() },
        operation: null,
      });
      const status = {
        endpoint: formatEndpoint(session.endpoint),
        protocol: session.endpoint.protocol,
        agent: session.agent,
        readiness,
        rttMs: roundMs(ping.rttMs),
        runtime: runtime && RuntimeStatusResponse.toJSON(runtime),
        system: system && SystemInfo.toJSON(system),
        ports: ports && portsToJson(ports),
        boot: session.boot && bootToJson(session.boot),
        capabilities,
      };
      const services =
        runtime?.services.map(({ name, status: word, detail }) => `  ${name}: ${word}  ${detail}`) ?? [];
      printResult(
        context,
        status,
        [
          `${status.endpoint}: ${readiness}, answered in ${status.rttMs} ms`,
          `agent ${ping.version === '' ? 'of unknown version' : ping.version}`,
          ...services,
        ].join('\n'),
      );
    }),
};

/** Ports in the JSON of `status` and `watch`. */
export function portsToJson(ports: PortBook): unknown {
  return ports.containers.map(({ containerId, bindings }) => ({
    containerId,
    bindings: bindings.map((binding) => PortBinding.toJSON(binding)),
  }));
}

async function listPorts(session: AgentSession, options: CallOptions): Promise<PortBook | null> {
  let book: PortBook | null = null;
  const apply = (change: PortChange): void => {
    book = applyPortChange(book, change);
  };
  await session.subscribePorts(apply, options);
  return book;
}

/** `null` when the agent lacks the call or refuses it; failures of the connection are thrown. */
async function ifKnown<T>({ logger }: CommandContext, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
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
