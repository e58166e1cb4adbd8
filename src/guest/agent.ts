import type { Duplex } from 'node:stream';
import type { Endpoint, Protocol } from '../agent/endpoint.ts';
import { maxQuotedLength } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import { plainText } from '../base/text.ts';
import { createDockerEngine } from '../docker/engine.ts';
import { agentServiceMethods } from './agent-service.ts';
import { refuseToSetClock, setSystemClock } from './clock.ts';
import { readBootTime } from './boot-time.ts';
import { MicrosandboxAgent, type GuestPermissions } from './microsandbox/agent.ts';
import { followEnginePorts } from './published-ports.ts';
import { runtimeConfig, type RuntimeOptions } from './runtime-config.ts';
import { Runtime } from './runtime.ts';
import type { ListenTls } from './listen.ts';
import { connectionServer, startGuestServer } from './servers.ts';
import type { GuestServer } from './service.ts';

/** How the reference agent runs. The runtime's options default to this machine's own Docker and containerd. */
export interface GuestAgentOptions extends RuntimeOptions {
  /** Where to listen. Port 0 of TCP stands for any free port. */
  readonly listen: readonly Endpoint[];
  /** Needed to listen on tls. */
  readonly tls?: ListenTls;
  /** True lets a ping that carries a time set this machine's clock. */
  readonly allowClockSet: boolean;
  /** What clients of the microsandbox protocol may do. Defaults to nothing. */
  readonly allow?: GuestPermissions;
  /** Version that Ping tells, without a leading "v". */
  readonly version: string;
  readonly logger: Logger;
}

/** A running reference agent. */
export interface GuestAgent {
  /** The endpoints it listens on, in canonical form and the order asked for. */
  readonly listening: readonly string[];
  /**
   * Serves one stream that was opened elsewhere, until it ends; never rejects.
   *
   * @throws AgentError `unsupported` when the agent does not serve the protocol.
   */
  serve(protocol: Protocol, stream: Duplex): Promise<void>;
  /** Stops listening and following Docker, and ends clients' programs; daemons that it started go on. */
  close(): Promise<void>;
}

/**
 * Starts the reference guest agent. It needs neither Docker nor containerd: without them it serves, and says what is
 * missing.
 *
 * @throws AgentError when one of the endpoints cannot be served; none of them then is.
 */
export async function startGuestAgent(options: GuestAgentOptions): Promise<GuestAgent> {
  const { logger, version } = options;
  const config = runtimeConfig(options);
  const engine = createDockerEngine(config.dockerSocket);
  const stop = new AbortController();
  const ports = followEnginePorts(engine, stop.signal, logger);
  const runtime = new Runtime(config, engine, logger);
  const setClock = options.allowClockSet ? setSystemClock : refuseToSetClock;
  const methods = agentServiceMethods({ version, runtime, ports, setClock, logger });
  const microsandbox = createMicrosandboxAgent(options);
  const services = { methods, ports, microsandbox, logger };
  const servers: GuestServer[] = [];
  const close = async (): Promise<void> => {
    stop.abort();
    await Promise.all([...servers.map((server) => server.close()), microsandbox.close()]);
  };
  try {
    for (const endpoint of options.listen) {
      servers.push(await startGuestServer(endpoint, services, options.tls));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    listening: servers.map(({ endpoint }) => endpoint),
    serve: (protocol, stream) => connectionServer(protocol, services)(stream),
    close,
  };
}

/** The guest in microsandbox's terms. Ready is now: the servers that tell so open next. */
function createMicrosandboxAgent({
  version,
  allowClockSet,
  allow,
  logger,
}: GuestAgentOptions): MicrosandboxAgent {
  const clock = readBootTime();
  const readyNanos = clock.now();
  return new MicrosandboxAgent({
    ready: {
      boot_time_ns: clock.mainBeganNanos,
      init_time_ns: readyNanos - clock.mainBeganNanos,
      ready_time_ns: readyNanos,
      agent_version: version,
    },
    ...(allow && { allow }),
    ...(allowClockSet && { setClock: setSystemClock }),
    log: (sentence) => {
      logger.info(plainText(sentence, maxQuotedLength));
    },
  });
}
