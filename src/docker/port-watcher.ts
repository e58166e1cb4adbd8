import * as l10n from '../base/l10n.ts';
import { AgentError, maxQuotedLength, messageOf } from '../agent/errors.ts';
import { sameBindings, type PortBinding, type PortChange } from '../agent/facts.ts';
import type { Logger } from '../base/logger.ts';
import { plain, plainText } from '../base/text.ts';
import { isContainerId } from './container-id.ts';
import type { DockerEngine } from './engine.ts';
import { bindingsOfInspect, bindingsOfList, containerOfEvent } from './port-bindings.ts';
import { RefreshQueue } from './refresh-queue.ts';
import { waitForPath } from '../base/path-watch.ts';

/** How to watch. */
export interface WatchPortsOptions {
  /**
   * Hears one snapshot when the engine is first reached, then the difference of one container at a time; lists are in a
   * stable order and container ids full. `stale` comes when the engine cannot be followed, before the snapshot too, and
   * again when the reason changes; what was known stays. `current` comes when it has been listed anew.
   */
  readonly onChange: (change: PortChange) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

const firstRetryMs = 250;
const maxRetryMs = 2000;

/** Containers with published ports that are kept; more are ignored, and logged. */
const maxContainers = 10_000;

/**
 * Follows the published ports of an engine until the signal aborts; resolves then, and never rejects.
 *
 * Events only tell which container to look at, because their order and their presence differ between engine versions;
 * what counts is an inspect made after the event. The event stream is opened before the listing, so nothing falls
 * between them. While the engine is up nothing polls; while it is down it is tried again when its socket appears, and
 * after 250 ms, doubling to 2 s.
 */
export async function watchPorts(engine: DockerEngine, options: WatchPortsOptions): Promise<void> {
  const { signal, logger, onChange } = options;
  const where = plainText(engine.socketPath, maxQuotedLength);
  const known = new KnownPorts(options);
  let retryMs = firstRetryMs;
  let downBecause: string | undefined;
  while (!signal.aborted) {
    const reason = await followOnce(engine, known, options, () => {
      retryMs = firstRetryMs;
      logger.debug(plain`Watching the published ports of ${where}.`);
      if (downBecause !== undefined) onChange({ kind: 'current' });
      downBecause = undefined;
    });
    // The signal may have aborted while the engine was followed.
    if (isAborted(signal)) return;
    if (reason.message !== downBecause) {
      downBecause = reason.message;
      logger.debug(plain`Cannot watch published ports: ${reason.message}`);
      onChange({ kind: 'stale', reason });
    }
    await waitForPath(engine.socketPath, retryMs, signal);
    retryMs = Math.min(2 * retryMs, maxRetryMs);
  }
}

/** Follows one event stream to its end; resolves with why it ended. */
async function followOnce(
  engine: DockerEngine,
  known: KnownPorts,
  { signal, logger }: WatchPortsOptions,
  onListed: () => void,
): Promise<AgentError> {
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const queue = new RefreshQueue({
    signal: stopped,
    refresh: async (id) => {
      const inspected = await engine.inspectContainer(id, { signal: stopped });
      if (!stopped.aborted) known.set(id, bindingsOfInspect(inspected));
    },
    onFailure: (id, error, retryMs) => {
      const container = plainText(id.slice(0, 12), 12);
      logger.warn(
        plain`Container ${container} could not be inspected, again in ${retryMs} ms: ${messageOf(error)}`,
      );
    },
  });
  try {
    const events = await engine.openEvents(stopped);
    const readEvents = async (): Promise<AgentError> => {
      for await (const event of events) {
        const id = containerOfEvent(event);
        if (id !== undefined) queue.request(id);
      }
      const ended = new AgentError('connection_closed', l10n.t('the event stream ended'));
      return ended.about(l10n.t('Docker at {0}', plainText(engine.socketPath, maxQuotedLength)));
    };
    const list = async (): Promise<void> => {
      const containers = await engine.listContainers({ signal: stopped });
      known.replace(bindingsOfList(containers));
      onListed();
      // A listing comes from a copy that the engine updates a moment after the event, so it is verified.
      for (const id of containers.map(idOf)) if (isContainerId(id)) queue.request(id);
      queue.start();
    };
    const [reason] = await Promise.all([readEvents(), list()]);
    return reason;
  } catch (error) {
    return AgentError.from(error, 'connection_closed');
  } finally {
    stop.abort();
  }
}

/** The current lists; tells every difference. */
class KnownPorts {
  readonly #containers = new Map<string, readonly PortBinding[]>();
  readonly #onChange: (change: PortChange) => void;
  readonly #logger: Logger;
  #hasSnapshot = false;

  constructor({ onChange, logger }: WatchPortsOptions) {
    this.#onChange = onChange;
    this.#logger = logger;
  }

  /** Takes the current list of one container. */
  set(containerId: string, bindings: readonly PortBinding[]): void {
    if (sameBindings(this.#containers.get(containerId) ?? [], bindings)) return;
    if (bindings.length === 0) {
      this.#containers.delete(containerId);
    } else if (this.#containers.size >= maxContainers && !this.#containers.has(containerId)) {
      this.#logger.warn(
        plain`Container ${plainText(containerId.slice(0, 12), 12)} is ignored: ${maxContainers} are known already.`,
      );
      return;
    } else {
      this.#containers.set(containerId, bindings);
    }
    if (this.#hasSnapshot) this.#onChange({ kind: 'changed', containerId, bindings });
  }

  /** Takes a whole listing: a snapshot the first time, differences from then on. */
  replace(containers: ReadonlyMap<string, readonly PortBinding[]>): void {
    for (const id of [...this.#containers.keys()]) if (!containers.has(id)) this.set(id, []);
    for (const [id, bindings] of containers) this.set(id, bindings);
    if (this.#hasSnapshot) return;
    this.#hasSnapshot = true;
    this.#onChange({ kind: 'snapshot', containers: new Map(this.#containers) });
  }
}

function idOf(container: unknown): unknown {
  return typeof container === 'object' && container !== null && 'Id' in container ? container.Id : undefined;
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
