import type Docker from 'dockerode';
import * as l10n from '../base/l10n.ts';
import { plainText } from '../base/text.ts';
import { AgentError, maxQuotedLength } from '../agent/errors.ts';
import { isContainerId } from './container-id.ts';
import { readEvents, type EngineEvent } from './event-stream.ts';
import { createModem, type Modem } from './modem.ts';

/** Version of an engine, as it tells it. */
export interface EngineVersion {
  /** Such as "20.10.24"; empty when untold. */
  readonly version: string;
  /** Such as "1.41"; empty when untold. */
  readonly apiVersion: string;
}

/** Bounds of one request. */
export interface RequestOptions {
  /** Ends the request with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Milliseconds until `timeout`. The default is 5 seconds. */
  readonly timeoutMs?: number;
}

/**
 * The part of the Docker Engine API that Sandlight reads, on one socket. Every call is bounded in time and size and
 * throws AgentError; nothing stays open between calls but the event stream.
 */
export interface DockerEngine {
  readonly socketPath: string;
  /** Resolves when the API answers `/_ping`. */
  ping(options?: RequestOptions): Promise<void>;
  version(options?: RequestOptions): Promise<EngineVersion>;
  /** Running containers (paused ones included) as the API lists them, unchecked. */
  listContainers(options?: RequestOptions): Promise<readonly unknown[]>;
  /** One container as the API inspects it, unchecked; `undefined` when it does not exist. */
  inspectContainer(id: string, options?: RequestOptions): Promise<unknown>;
  /**
   * Opens the stream of the events that can move published ports; resolves when the engine has accepted it. The
   * iteration ends when the engine ends the stream or `signal` aborts, and throws when the stream breaks.
   */
  openEvents(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

const defaultTimeoutMs = 5000;

/** Kinds of event after which a container's published ports may differ. */
const watchedEvents = ['start', 'restart', 'die', 'stop', 'rename', 'destroy', 'connect', 'disconnect'];

/** The engine that listens on `socketPath` (a Unix socket, or a named pipe on Windows). Does not connect yet. */
export function createDockerEngine(socketPath: string): DockerEngine {
  async function bounded<T>(
    { signal, timeoutMs = defaultTimeoutMs }: RequestOptions,
    call: (docker: Docker) => Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort();
    }, timeoutMs);
    const either = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
    try {
      return await call(await createClient(createModem(socketPath, either)));
    } catch (error) {
      const about = l10n.t('Docker at {0}', plainText(socketPath, maxQuotedLength));
      if (deadline.signal.aborted && signal?.aborted !== true) {
        const late = l10n.t('no answer within {0} ms', timeoutMs);
        throw new AgentError('timeout', late, { cause: error }).about(about);
      }
      throw AgentError.from(error, 'connection_closed').about(about);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    socketPath,
    async ping(options = {}) {
      await bounded(options, (docker) => docker.ping());
    },
    version(options = {}) {
      return bounded(options, async (docker) => {
        const answer: Partial<Record<string, unknown>> = { ...(await docker.version()) };
        return { version: shortText(answer['Version']), apiVersion: shortText(answer['ApiVersion']) };
      });
    },
    listContainers(options = {}) {
      return bounded(options, async (docker) => {
        const list: unknown = await docker.listContainers();
        if (Array.isArray(list)) return list as readonly unknown[];
        throw new AgentError('malformed_payload', l10n.t('the list of containers is not a list'));
      });
    },
    async inspectContainer(id, options = {}) {
      if (!isContainerId(id))
        throw new AgentError('malformed_payload', l10n.t('A container id is not 64 hex digits.'));
      try {
        return await bounded(options, (docker) => docker.getContainer(id).inspect());
      } catch (error) {
        if (error instanceof AgentError && error.remote?.code === 404) return undefined;
        throw error;
      }
    },
    openEvents(signal) {
      return bounded({ signal }, async (docker) => {
        const filters = { type: ['container' as const, 'network' as const], event: watchedEvents };
        return readEvents(await docker.getEvents({ filters }), signal);
      });
    },
  };
}

/** The one place that loads dockerode: on first use, because most of a process's life may pass without Docker. */
async function createClient(modem: Modem): Promise<Docker> {
  const { default: Dockerode } = await import('dockerode');
  const options: Docker.DockerOptions & { modem: Modem } = { modem };
  return new Dockerode(options);
}

function shortText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
