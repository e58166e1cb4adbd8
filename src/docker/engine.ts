import * as l10n from '../base/l10n.ts';
import { plainText } from '../base/text.ts';
import { AgentError, maxQuotedLength } from '../agent/errors.ts';
import { isContainerId } from './container-id.ts';
import { readEvents, type EngineEvent } from './event-stream.ts';
import { get, getStream, type GetOptions } from './http.ts';
import { JsonReader, type JsonScalar, type JsonVisit } from './json-reader.ts';
import {
  inspectReader,
  listingReader,
  type AnswerReader,
  type ContainerListing,
  type EngineContainer,
} from './answers.ts';
import { ReadingBudget } from './reading-budget.ts';

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
  /** Every container, whether it runs or not. */
  listContainers(options?: RequestOptions): Promise<ContainerListing>;
  /** One container; `undefined` when it does not exist. */
  inspectContainer(id: string, options?: RequestOptions): Promise<EngineContainer | undefined>;
  /**
   * Opens the stream of the events after which a container may differ; resolves when the engine has accepted it. The
   * iteration ends when the engine ends the stream or `signal` aborts, and throws when the stream breaks.
   */
  openEvents(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

const defaultTimeoutMs = 5000;

/**
 * Longest listing or inspect that is read, in bytes. Of a container that publishes every port the listing takes 17 MB and
 * the inspect 20 MB (Docker 28.2); 10,000 containers of Compose take some 30 MB.
 */
export const maxAnswerBytes = 64 * 1024 * 1024;

/** Longest answer that is read of a call that only asks who is there, in bytes. */
const maxShortAnswerBytes = 64 * 1024;

/** What a listing or an inspect costs beside its bytes. */
const requestCostBytes = 16 * 1024;

/** An engine may have us make 500 small inspects at once, and 128 a second, or 2 MiB of large ones, for ever. */
const answerRate = { burstBytes: 8 * 1024 * 1024, bytesPerSecond: 2 * 1024 * 1024 };

/** Some 5,000 events a second, more than an engine makes of those that are asked for. */
const eventRate = { burstBytes: 4 * 1024 * 1024, bytesPerSecond: 4 * 1024 * 1024 };

/** Kinds of event after which a container, or what it publishes, may differ. */
const watchedActions = new Set([
  'create',
  'start',
  'restart',
  // The first word of an engine that is shut down: it closes its door, and the event stream only when all has ended.
  'kill',
  'die',
  'stop',
  'pause',
  'unpause',
  'health_status',
  'rename',
  'update',
  'destroy',
  'connect',
  'disconnect',
]);

const eventsPath = `/events?${new URLSearchParams({
  filters: JSON.stringify({ type: ['container', 'network'], event: [...watchedActions] }),
}).toString()}`;

/**
 * The engine that listens on `socketPath` (a Unix socket, or a named pipe on Windows). Does not connect yet. Paths name no
 * version of the API, so the engine answers in its own, and what is read is in all of them.
 */
export function createDockerEngine(socketPath: string): DockerEngine {
  const answers = new ReadingBudget(answerRate);
  const events = new ReadingBudget(eventRate);

  /** Asks the engine; errors are led by who was asked. */
  async function ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const where = plainText(socketPath, maxQuotedLength);
      throw AgentError.from(error, 'connection_closed').about(l10n.t('Docker at {0}', where));
    }
  }

  function bounds(path: string, { signal, timeoutMs = defaultTimeoutMs }: RequestOptions): Bounds {
    return { socketPath, path, signal, timeoutMs };
  }

  /** Gets an answer that may be long, within the engine's share. */
  async function read<T>(path: string, options: RequestOptions, reader: AnswerReader<T>): Promise<T> {
    await answers.settled(options.signal);
    answers.spend(requestCostBytes);
    await getJson({ ...bounds(path, options), maxBodyBytes: maxAnswerBytes }, reader.visit, (bytes) => {
      answers.spend(bytes);
    });
    return reader.result();
  }

  return {
    socketPath,
    ping(options = {}) {
      return ask(() =>
        get({ ...bounds('/_ping', options), maxBodyBytes: maxShortAnswerBytes }, () => undefined),
      );
    },
    version(options = {}) {
      return ask(async () => {
        const { visit, result } = versionReader();
        await getJson({ ...bounds('/version', options), maxBodyBytes: maxShortAnswerBytes }, visit);
        return result();
      });
    },
    listContainers(options = {}) {
      return ask(() => read('/containers/json?all=1', options, listingReader()));
    },
    async inspectContainer(id, options = {}) {
      if (!isContainerId(id))
        throw new AgentError('malformed_payload', l10n.t('A container id is not 64 hex digits.'));
      try {
        return await ask(() => read(`/containers/${id}/json`, options, inspectReader()));
      } catch (error) {
        if (error instanceof AgentError && error.remote?.code === 404) return undefined;
        throw error;
      }
    },
    openEvents(signal) {
      return ask(async () => {
        const stream = await getStream({ socketPath, path: eventsPath, signal, timeoutMs: defaultTimeoutMs });
        return readEvents(stream, watchedActions, events, signal);
      });
    },
  };
}

type Bounds = Omit<GetOptions, 'maxBodyBytes'>;

/** Gets one JSON value; tells `onBytes` how many bytes it has read. */
async function getJson(
  options: GetOptions,
  visit: JsonVisit,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<void> {
  const reader = new JsonReader(visit);
  try {
    await get(options, (bytes) => {
      onBytes(bytes.length);
      reader.push(bytes);
    });
    reader.end();
    if (reader.completed !== 1) throw new SyntaxError('several');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AgentError('malformed_payload', l10n.t("Docker's answer is not valid JSON."), { cause: error });
  }
}

function versionReader(): AnswerReader<EngineVersion> {
  let version = '';
  let apiVersion = '';
  return {
    visit: {
      members: {
        Version: { scalar: (value) => (version = shortText(value)) },
        ApiVersion: { scalar: (value) => (apiVersion = shortText(value)) },
      },
    },
    result: () => ({ version, apiVersion }),
  };
}

function shortText(value: JsonScalar | undefined): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
