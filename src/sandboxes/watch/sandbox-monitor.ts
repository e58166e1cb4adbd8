import * as l10n from '../../base/l10n.ts';
import type { connectAgent } from '../../agent/connect.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import { AgentError, sentences } from '../../agent/errors.ts';
import type { RuntimeEnsureResponse } from '../../agent/generated/arcbox/v1/agent.ts';
import type { Logger } from '../../base/logger.ts';
import { pause } from '../../base/pause.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import { readTlsFiles } from '../../agent/transport/tls-files.ts';
import type { AgentSession, ClockSyncResult, EnsureOptions, PingResult } from '../../agent/session.ts';
import { followPorts, notePing, pollAgent, readListening, type Attention } from './ask-agent.ts';
import { connectionError } from '../model/connection.ts';
import { bookOfPublished } from '../model/port-book.ts';
import { SnapshotCell } from './snapshot-cell.ts';
import type { GuestActivity, SandboxSnapshot, SandboxSpec } from '../model/snapshot.ts';

/** What was learnt of a guest without asking it. A part that was not told is `null`. */
export interface PassiveObservation extends GuestActivity {
  /** Guest clock minus host clock in milliseconds. */
  readonly clockOffsetMs: number | null;
}

/** What a {@link SandboxMonitor} needs from outside. */
export interface MonitorDependencies {
  readonly connect: typeof connectAgent;
  readonly logger: Logger;
  /** Looks at what a guest leaves where its host can read it; `undefined` when there is nothing. */
  readonly observe?: (spec: SandboxSpec) => Promise<PassiveObservation | undefined>;
  /** Called after every change with the new snapshot. */
  readonly onChange: (snapshot: SandboxSnapshot) => void;
  /** Called when the agent has answered for the first time after this machine slept. */
  readonly onWake?: () => void;
}

const pollIntervalMs: Readonly<Record<Attention, number>> = { visible: 5000, background: 15_000 };
const connectTimeoutMs = 10_000;
const pollTimeoutMs = 10_000;
/** A round this late means that this machine slept. */
const sleepGapMs = 30_000;
/** A guest that slept along has written down its time anew by then. */
const afterSleepIntervalMs = 2000;
/** A connection that slept is given this long to prove that it lives. */
const verifyTimeoutMs = 5000;

/**
 * Keeps one sandbox connected and its snapshot current: connects, polls, follows port changes, reconnects with backoff,
 * and keeps the last data, marked stale, when the agent is gone.
 */
export class SandboxMonitor {
  readonly #dependencies: MonitorDependencies;
  readonly #cell: SnapshotCell;
  /** Aborts everything that belongs to the wish to be connected. */
  #wish: AbortController | undefined;
  /** Ends the wait between two polls or two attempts. */
  #wake = new AbortController();
  #attention: Attention = 'background';
  /** This machine slept, and the agent has not answered since. */
  #hasSlept = false;

  constructor(spec: SandboxSpec, dependencies: MonitorDependencies) {
    this.#dependencies = dependencies;
    this.#cell = new SnapshotCell(spec, dependencies.onChange);
  }

  get snapshot(): SandboxSnapshot {
    return this.#cell.snapshot;
  }

  /** Wishes the sandbox connected; when it waits for the next attempt, tries at once. */
  connect(): void {
    this.#cell.transition({ kind: 'connect' });
    if (this.#wish === undefined) {
      const wish = new AbortController();
      this.#wish = wish;
      void this.#stayConnected(wish.signal);
    } else {
      this.#wakeUp();
    }
  }

  /** Drops the connection and stops trying. */
  disconnect(): void {
    this.#wish?.abort();
    this.#wish = undefined;
    this.#cell.session?.close();
    this.#cell.transition({ kind: 'disconnect' });
  }

  /** Takes what the sandbox's own tool tells; connects to one that runs, leaves one that does not. */
  update(spec: SandboxSpec): void {
    const cell = this.#cell;
    const wasRunning = mayAnswer(cell.snapshot);
    cell.patch({ ...spec });
    if (cell.session !== undefined && spec.discovered && spec.dockerSocket === undefined) {
      cell.patch({ ports: bookOfPublished(spec.discovered.ports) });
    }
    if (mayAnswer(spec) === wasRunning) return;
    if (wasRunning) this.disconnect();
    else this.connect();
  }

  /** Chooses how closely to watch; more attention polls at once. */
  setAttention(attention: Attention): void {
    if (attention === this.#attention) return;
    this.#attention = attention;
    if (attention === 'visible') this.#wakeUp();
  }

  /**
   * Asks the agent for everything at once, or tries to connect when it is not connected.
   *
   * @throws AgentError when the agent could not be asked.
   */
  async refresh(): Promise<void> {
    const { session, snapshot } = this.#cell;
    if (session === undefined) {
      this.connect();
      return;
    }
    if (snapshot.ports !== null && snapshot.ports.staleReason !== null) {
      // A list that missed a change becomes whole again only with a snapshot, which a connection begins with.
      this.disconnect();
      this.connect();
      return;
    }
    const options = { timeoutMs: pollTimeoutMs, signal: this.#wish?.signal };
    await pollAgent(this.#cell, session, 'visible', options);
    await readListening(this.#cell, session, options);
  }

  /** One round trip that never touches the guest's clock. */
  async ping(options: CallOptions): Promise<PingResult> {
    const result = await this.#openSession().ping(options);
    notePing(this.#cell, result);
    return result;
  }

  /** Tells the guest that it is in use, which postpones its idle shutdown. */
  touch(options: CallOptions): Promise<bigint> {
    return this.#openSession().touch(options);
  }

  /** Sets the guest's clock, then measures how far off it is. */
  async syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult> {
    const session = this.#openSession();
    const result = await session.syncClock(options);
    notePing(this.#cell, await session.ping(options));
    return result;
  }

  /** Ensures the runtime; its progress is part of the snapshot meanwhile. */
  async ensureRuntime(options: EnsureOptions): Promise<RuntimeEnsureResponse> {
    const cell = this.#cell;
    const session = this.#openSession();
    const startedAtMs = Date.now();
    cell.patch({ operation: { kind: 'ensureRuntime', startedAtMs, detail: '' } });
    try {
      return await session.ensureRuntime({
        ...options,
        onProgress: (progress) => {
          const detail = cell.cleaner.text(progress.detail, 500);
          cell.patch({ operation: { kind: 'ensureRuntime', startedAtMs, detail } });
          options.onProgress?.({ ...progress, detail });
        },
      });
    } finally {
      cell.patch({ operation: null });
      this.#wakeUp();
    }
  }

  /** Disconnects for good. */
  dispose(): void {
    this.disconnect();
  }

  #openSession(): AgentSession {
    const { session, snapshot } = this.#cell;
    if (session !== undefined) return session;
    const { name, endpoint, connection } = snapshot;
    const why =
      connectionError(connection)?.message ?? l10n.t('{0} is not connected.', formatEndpoint(endpoint));
    throw new AgentError('unreachable', sentences(l10n.t('{0} is not connected.', name), why));
  }

  async #stayConnected(wish: AbortSignal): Promise<void> {
    for (;;) {
      const error = await this.#runConnection(wish);
      if (wish.aborted) return;
      this.#dependencies.logger.info(`${this.snapshot.name}: ${error.message}`);
      this.#cell.transition({ kind: 'lost', error, nowMs: Date.now(), random: Math.random() });
      const { connection } = this.snapshot;
      if (connection.phase === 'backoff') await this.#wait(connection.retryAtMs - Date.now(), wish);
      else await this.#wait(undefined, wish);
      this.#cell.transition({ kind: 'retryDue' });
    }
  }

  /** Runs one connection from its opening to its loss; returns why it was lost. */
  async #runConnection(wish: AbortSignal): Promise<AgentError> {
    const { endpoint, name, tls: tlsFiles } = this.snapshot;
    const { connect, logger } = this.#dependencies;
    const cell = this.#cell;
    const over = new AbortController();
    let session: AgentSession | undefined;
    try {
      const tls = tlsFiles && (await readTlsFiles(tlsFiles));
      session = await connect(endpoint, {
        ...{ timeoutMs: connectTimeoutMs, signal: wish, logger },
        ...(tls && { tls }),
      });
      const lost = session.closed.then((reason) => {
        throw reason;
      });
      // Whoever waits next hears of the loss; with nobody waiting it must not count as unhandled.
      lost.catch(() => undefined);
      const first = await session.ping({ timeoutMs: connectTimeoutMs, signal: wish });
      cell.session = session;
      cell.patch({ portsUnknownReason: null, pollError: null });
      cell.transition({ kind: 'opened', nowMs: Date.now() });
      notePing(cell, first);
      this.#tellWake();
      logger.info(`${name}: connected to ${formatEndpoint(endpoint)}`);
      const portOptions = { timeoutMs: pollTimeoutMs, signal: AbortSignal.any([wish, over.signal]) };
      await Promise.race([followPorts(cell, session, portOptions, logger), lost]);
      await Promise.race([this.#pollUntilAborted(session, wish), lost]);
      return new AgentError('cancelled', l10n.t('Disconnected.'));
    } catch (error) {
      const reason = AgentError.from(error, 'connection_closed');
      const subject = formatEndpoint(endpoint);
      return reason.message.startsWith(subject) ? reason : reason.about(subject);
    } finally {
      over.abort();
      session?.close();
      // A later connection may already have taken the place.
      if (cell.session === session) cell.session = undefined;
    }
  }

  async #pollUntilAborted(session: AgentSession, signal: AbortSignal): Promise<void> {
    let timeoutMs = pollTimeoutMs;
    let hasReadListening = false;
    let hasSlept = false;
    for (;;) {
      const attention = this.#attention;
      const startMs = Date.now();
      await pollAgent(this.#cell, session, attention, { timeoutMs, signal });
      await this.#observe();
      // Once a connection, because reading counts as use of the sandbox.
      if (attention === 'visible' && !hasReadListening) {
        hasReadListening = true;
        await readListening(this.#cell, session, { timeoutMs, signal });
      }
      const waitMs = this.#pauseMs(hasSlept);
      await this.#wait(waitMs, signal);
      if (signal.aborted) return;
      // Sleep may also have come in the middle of the poll.
      hasSlept = Date.now() - startMs - waitMs > sleepGapMs;
      timeoutMs = hasSlept ? verifyTimeoutMs : pollTimeoutMs;
      if (hasSlept) await this.#verifyAfterSleep(session, { timeoutMs, signal });
    }
  }

  /** How long to wait before the next poll. */
  #pauseMs(hasSlept: boolean): number {
    const isClockAwaited = hasSlept && this.snapshot.clockOffsetMs === null;
    return isClockAwaited ? afterSleepIntervalMs : pollIntervalMs[this.#attention];
  }

  /** Proves that the connection lives, and learns anew how far off the clock is. */
  async #verifyAfterSleep(session: AgentSession, options: CallOptions): Promise<void> {
    this.#hasSlept = true;
    // What was known of the clock before the sleep says nothing.
    this.#cell.patch({ clockOffsetMs: null });
    await this.#observe();
    notePing(this.#cell, await session.ping(options));
    this.#tellWake();
  }

  #tellWake(): void {
    if (!this.#hasSlept) return;
    this.#hasSlept = false;
    this.#dependencies.onWake?.();
  }

  /** Takes what can be learnt of the guest without asking it. */
  async #observe(): Promise<void> {
    const seen = await this.#dependencies.observe?.(this.snapshot);
    if (seen === undefined) return;
    const atMs = Date.now();
    const { idleMs, activeSessions, clockOffsetMs } = seen;
    const clock = clockOffsetMs === null ? {} : { clockOffsetMs: { value: clockOffsetMs, atMs } };
    this.#cell.patch({ activity: { value: { idleMs, activeSessions }, atMs }, ...clock });
  }

  /** Waits, for ever when `delayMs` is undefined, until woken or until `wish` aborts. */
  async #wait(delayMs: number | undefined, wish: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([wish, this.#wake.signal]);
    const longestMs = 2 ** 31 - 1;
    await pause(Math.max(delayMs ?? longestMs, 0), signal);
  }

  #wakeUp(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }
}

/** False for a sandbox that its own tool knows not to run; asking it would only fail. */
export function mayAnswer({ discovered }: SandboxSpec): boolean {
  return discovered === undefined || discovered.state === 'running' || discovered.state === 'starting';
}
