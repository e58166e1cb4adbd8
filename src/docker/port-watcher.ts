import { linkAbort } from '../base/abort.ts';
import * as l10n from '../base/l10n.ts';
import { limitedLogger } from '../base/limited-logger.ts';
import type { Logger } from '../base/logger.ts';
import { waitForPath } from '../base/path-watch.ts';
import { pause } from '../base/pause.ts';
import { plain, plainText, type PlainText } from '../base/text.ts';
import { AgentError, maxQuotedLength, messageOf } from '../agent/errors.ts';
import type { PortChange } from '../agent/facts.ts';
import { maxContainers } from './answers.ts';
import type { DockerEngine } from './engine.ts';
import { containerOfEvent, type EngineEvent } from './event-stream.ts';
import { KnownContainers } from './known-containers.ts';
import { maxBindings } from './port-bindings.ts';
import { RefreshQueue } from './refresh-queue.ts';

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
/** Shortest time between two attempts, whatever happens to the socket's entry. */
const minRetryMs = 50;

/** How long an engine must have been followed for the next attempt to be made soon again. */
const steadyMs = 10_000;

/** What one engine may have written to the log. */
const maxLogLinesPerMinute = 20;

/**
 * Follows the containers of an engine, and the ports they publish, until the signal aborts; resolves then, and never rejects.
 *
 * Events only tell which container to look at, because their order and their presence differ between engine versions;
 * what counts is an inspect made after the event. The event stream is opened before the listing, so nothing falls
 * between them. While the engine is up nothing polls; while it is down it is tried again when its socket appears, and
 * after 250 ms, doubling to 2 s.
 */
export async function watchPorts(engine: DockerEngine, options: WatchPortsOptions): Promise<void> {
  const { signal, onChange } = options;
  const logger = limitedLogger(options.logger, Date.now, maxLogLinesPerMinute);
  const where = plainText(engine.socketPath, maxQuotedLength);
  const known = new KnownContainers({
    onChange,
    onCut: (id, leftOut) => {
      logger.warn(plain`Container ${shortId(id)}: ${leftOut} of its published ports are left out.`);
    },
    onNoRoom: (id) => {
      logger.warn(
        plain`Container ${shortId(id)} is left out: ${maxContainers} containers or ${maxBindings} published ports are known already.`,
      );
    },
  });
  let retryMs = firstRetryMs;
  let downBecause: string | undefined;
  while (!signal.aborted) {
    let listedAtMs = Infinity;
    const reason = await followOnce(engine, known, signal, logger, () => {
      listedAtMs = performance.now();
      logger.debug(plain`Watching the containers of ${where}.`);
      if (downBecause !== undefined) onChange({ kind: 'current' });
      downBecause = undefined;
    });
    // The signal may have aborted while the engine was followed.
    if (isAborted(signal)) return;
    if (reason.message !== downBecause) {
      downBecause = reason.message;
      logger.debug(plain`Cannot watch containers: ${reason.message}`);
      onChange({ kind: 'stale', reason });
    }
    if (performance.now() - listedAtMs >= steadyMs) retryMs = firstRetryMs;
    await Promise.all([waitForPath(engine.socketPath, retryMs, signal), pause(minRetryMs, signal)]);
    retryMs = Math.min(2 * retryMs, maxRetryMs);
  }
}

/** Follows one event stream to its end; resolves with why it ended. */
async function followOnce(
  engine: DockerEngine,
  known: KnownContainers,
  signal: AbortSignal,
  logger: Logger,
  onListed: () => void,
): Promise<AgentError> {
  const stop = new AbortController();
  const either = linkAbort([signal, stop.signal]);
  const stopped = either.signal;
  let onLost: (reason: AgentError) => void = () => undefined;
  const lost = new Promise<AgentError>((resolve) => {
    onLost = resolve;
  });
  const queue = new RefreshQueue({
    signal: stopped,
    refresh: async (id) => {
      const container = await engine.inspectContainer(id, { signal: stopped });
      if (stopped.aborted) return;
      const next = known.set(id, container);
      if (next !== undefined) queue.request(next);
    },
    onFailure: (id, error, retryMs) => {
      // An engine that takes no connection may keep its stream open, and will tell nothing that can be believed.
      if (error instanceof AgentError && error.code === 'unreachable') onLost(error);
      logger.warn(
        plain`Container ${shortId(id)} could not be inspected, again in ${retryMs} ms: ${messageOf(error)}`,
      );
    },
  });
  const readEvents = async (events: AsyncIterable<EngineEvent>): Promise<AgentError> => {
    for await (const event of events) {
      const id = containerOfEvent(event);
      if (id !== undefined) queue.request(id);
    }
    const ended = new AgentError('connection_closed', l10n.t('the event stream ended'));
    return ended.about(l10n.t('Docker at {0}', plainText(engine.socketPath, maxQuotedLength)));
  };
  const list = async (): Promise<void> => {
    const { containers, leftOut } = await engine.listContainers({ signal: stopped });
    if (leftOut > 0)
      logger.warn(plain`${leftOut} containers are left out: ${containers.length} are listed already.`);
    known.replace(containers);
    onListed();
    // A listing comes from a copy that the engine updates a moment after the event, so it is verified.
    for (const { id } of containers) queue.request(id);
    queue.start();
  };
  try {
    const events = await engine.openEvents(stopped);
    const ended = Promise.all([readEvents(events), list()]).then(([reason]) => reason);
    return await Promise.race([ended, lost]);
  } catch (error) {
    return AgentError.from(error, 'connection_closed');
  } finally {
    stop.abort();
    either.dispose();
  }
}

/** The twelve digits by which people know a container. */
function shortId(id: string): PlainText {
  return plainText(id.slice(0, 12), 12);
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
