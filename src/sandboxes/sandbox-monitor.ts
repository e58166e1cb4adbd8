import type { connectAgent } from '../agent/connect.ts';
import { formatEndpoint } from '../agent/endpoint.ts';
import { AgentError, type AgentErrorCode } from '../agent/errors.ts';
import type { RuntimeEnsureResponse } from '../agent/generated/arcbox/v1/agent.ts';
import type { Logger } from '../agent/logger.ts';
import { pause } from '../agent/pause.ts';
import type { CallOptions } from '../agent/rpc/channel.ts';
import type {
  AgentSession,
  ClockSyncResult,
  EnsureOptions,
  PingResult,
  PortChange,
} from '../agent/session/session.ts';
import { connectionError, nextConnectionState, type ConnectionEvent } from './connection.ts';
import { cleanIdentity, cleanRuntime, cleanSystem } from './guest-facts.ts';
import { GuestTextCleaner } from './guest-text.ts';
import { followDockerPorts } from './docker-ports.ts';
import { recordHistory } from './history.ts';
import { applyPortChange, bookOfPublished } from './port-book.ts';
import { judgeReadiness } from './readiness.ts';
import { initialSnapshot, type GuestActivity, type SandboxSnapshot, type SandboxSpec } from './snapshot.ts';

/** How closely a sandbox is watched: everything while somebody looks, otherwise only what the status item needs. */
export type Attention = 'visible' | 'background';

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
/** A timer this late means that this machine slept. */
const sleepGapMs = 30_000;
/** A connection that slept is given this long to prove that it lives. */
const verifyTimeoutMs = 5000;

/** Failures of one call that leave the connection usable. */
const harmlessCodes: ReadonlySet<AgentErrorCode> = new Set([
  'remote_error',
  'malformed_payload',
  'unsupported',
  'not_permitted',
]);

/**
 * Keeps one sandbox connected and its snapshot current: connects, polls, follows port changes, reconnects with backoff,
 * and keeps the last data, marked stale, when the agent is gone.
 */
export class SandboxMonitor {
  readonly #dependencies: MonitorDependencies;
  readonly #cleaner = new GuestTextCleaner();
  #snapshot: SandboxSnapshot;
  #session: AgentSession | undefined;
  /** Aborts everything that belongs to the wish to be connected. */
  #wish: AbortController | undefined;
  /** Ends the wait between two polls or two attempts. */
  #wake = new AbortController();
  #attention: Attention = 'background';
  /** This machine slept, and the agent has not answered since. */
  #hasSlept = false;

  constructor(spec: SandboxSpec, dependencies: MonitorDependencies) {
    this.#dependencies = dependencies;
    this.#snapshot = initialSnapshot(spec);
  }

  get snapshot(): SandboxSnapshot {
    return this.#snapshot;
  }

  /** Wishes the sandbox connected; when it waits for the next attempt, tries at once. */
  connect(): void {
    this.#transition({ kind: 'connect' });
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
    this.#session?.close();
    this.#transition({ kind: 'disconnect' });
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
    if (this.#session === undefined) {
      this.connect();
      return;
    }
    if (this.#snapshot.ports !== null && this.#snapshot.ports.staleReason !== null) {
      // A list that missed a change becomes whole again only with a snapshot, which a connection begins with.
      this.disconnect();
      this.connect();
      return;
    }
    const session = this.#session;
    await this.#poll(session, 'visible', pollTimeoutMs, this.#wish?.signal);
    await this.#readListening(session, this.#wish?.signal);
  }

  /** Tells the guest that it is in use, which postpones its idle shutdown. */
  touch(options: CallOptions): Promise<bigint> {
    return this.#openSession().touch(options);
  }

  /** Takes what the sandbox's own tool tells; connects to one that runs, leaves one that does not. */
  update(spec: SandboxSpec): void {
    const wasRunning = mayAnswer(this.#snapshot);
    this.#patch({ ...spec });
    if (this.#session !== undefined && spec.discovered && this.#snapshot.dockerSocket === undefined) {
      this.#patch({ ports: bookOfPublished(spec.discovered.ports) });
    }
    if (mayAnswer(spec) === wasRunning) return;
    if (wasRunning) this.disconnect();
    else this.connect();
  }

  /** One round trip that never touches the guest's clock. */
  async ping(options: CallOptions): Promise<PingResult> {
    const result = await this.#openSession().ping(options);
    this.#notePing(result);
    return result;
  }

  /** Sets the guest's clock, then measures how far off it is. */
  async syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult> {
    const session = this.#openSession();
    const result = await session.syncClock(options);
    this.#notePing(await session.ping(options));
    return result;
  }

  /** Ensures the runtime; its progress is part of the snapshot meanwhile. */
  async ensureRuntime(options: EnsureOptions): Promise<RuntimeEnsureResponse> {
    const session = this.#openSession();
    const startedAtMs = Date.now();
    this.#patch({ operation: { kind: 'ensureRuntime', startedAtMs, detail: '' } });
    try {
      return await session.ensureRuntime({
        ...options,
        onProgress: (progress) => {
          const detail = this.#cleaner.text(progress.detail, 500);
          this.#patch({ operation: { kind: 'ensureRuntime', startedAtMs, detail } });
          options.onProgress?.({ ...progress, detail });
        },
      });
    } finally {
      this.#patch({ operation: null });
      this.#wakeUp();
    }
  }

  /** Disconnects for good. */
  dispose(): void {
    this.disconnect();
  }

  #openSession(): AgentSession {
    if (this.#session !== undefined) return this.#session;
    const { name, endpoint, connection } = this.#snapshot;
    const why = connectionError(connection)?.message ?? `${formatEndpoint(endpoint)} is not connected.`;
    throw new AgentError('unreachable', `${name} is not connected. ${why}`);
  }

  async #stayConnected(wish: AbortSignal): Promise<void> {
    for (;;) {
      const error = await this.#runConnection(wish);
      if (wish.aborted) return;
      this.#dependencies.logger.info(`${this.#snapshot.name}: ${error.message}`);
      this.#transition({ kind: 'lost', error, nowMs: Date.now(), random: Math.random() });
      const { connection } = this.#snapshot;
      if (connection.phase === 'backoff') await this.#wait(connection.retryAtMs - Date.now(), wish);
      else await this.#wait(undefined, wish);
      this.#transition({ kind: 'retryDue' });
    }
  }

  /** Runs one connection from its opening to its loss; returns why it was lost. */
  async #runConnection(wish: AbortSignal): Promise<AgentError> {
    const { endpoint, name } = this.#snapshot;
    const { connect, logger } = this.#dependencies;
    let session: AgentSession | undefined;
    const over = new AbortController();
    try {
      session = await connect(endpoint, { timeoutMs: connectTimeoutMs, signal: wish, logger });
      const lost = session.closed.then((reason) => {
        throw reason;
      });
      // Whoever waits next hears of the loss; with nobody waiting it must not count as unhandled.
      lost.catch(() => undefined);
      const first = await session.ping({ timeoutMs: connectTimeoutMs, signal: wish });
      this.#begin(session);
      this.#notePing(first);
      logger.info(`${name}: connected to ${formatEndpoint(endpoint)}`);
      await Promise.race([this.#subscribePorts(session, AbortSignal.any([wish, over.signal])), lost]);
      await Promise.race([this.#pollUntilAborted(session, wish), lost]);
      return new AgentError('cancelled', 'Disconnected.');
    } catch (error) {
      const reason = AgentError.from(error, 'connection_closed');
      const subject = formatEndpoint(endpoint);
      return reason.message.startsWith(subject) ? reason : reason.about(subject);
    } finally {
      over.abort();
      session?.close();
      // A later connection may already have taken the place.
      if (this.#session === session) this.#session = undefined;
    }
  }

  #begin(session: AgentSession): void {
    this.#session = session;
    this.#patch({ portsUnknownReason: null, pollError: null });
    this.#transition({ kind: 'opened', nowMs: Date.now() });
  }

  async #subscribePorts(session: AgentSession, signal: AbortSignal): Promise<void> {
    const onChange = (change: PortChange): void => {
      this.#patch({ ports: applyPortChange(this.#snapshot.ports, change) });
    };
    try {
      await session.subscribePorts(onChange, { timeoutMs: pollTimeoutMs, signal });
    } catch (error) {
      const reason = AgentError.from(error, 'unsupported');
      if (!harmlessCodes.has(reason.code)) throw reason;
      const { dockerSocket, discovered } = this.#snapshot;
      if (dockerSocket !== undefined) {
        this.#patch({ ports: null });
        void followDockerPorts(dockerSocket, onChange, signal, this.#dependencies.logger);
      } else if (discovered !== undefined) {
        this.#patch({ ports: bookOfPublished(discovered.ports) });
      } else {
        this.#patch({ ports: null, portsUnknownReason: reason.message });
      }
    }
  }

  async #pollUntilAborted(session: AgentSession, wish: AbortSignal): Promise<void> {
    let timeoutMs = pollTimeoutMs;
    let hasReadListening = false;
    for (;;) {
      await this.#poll(session, this.#attention, timeoutMs, wish);
      // Once a connection, because reading counts as use of the sandbox.
      if (this.#attention === 'visible' && !hasReadListening) {
        hasReadListening = true;
        await this.#readListening(session, wish);
      }
      const dueMs = Date.now() + pollIntervalMs[this.#attention];
      await this.#wait(pollIntervalMs[this.#attention], wish);
      if (wish.aborted) return;
      const hasSlept = Date.now() - dueMs > sleepGapMs;
      timeoutMs = hasSlept ? verifyTimeoutMs : pollTimeoutMs;
      if (!hasSlept) continue;
      this.#hasSlept = true;
      // How far off a clock was before the sleep says nothing.
      this.#patch({ clockOffsetMs: null });
      await this.#observe();
      this.#notePing(await session.ping({ timeoutMs, signal: wish }));
    }
  }

  /** Asks for what `attention` needs. In the background that is one call: the status, or a ping where there is none. */
  async #poll(
    session: AgentSession,
    attention: Attention,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const options: CallOptions = { timeoutMs, signal };
    const { capabilities } = session;
    try {
      if (attention === 'visible' || !capabilities.has('runtime_status'))
        this.#notePing(await session.ping(options));
      if (capabilities.has('runtime_status')) {
        const value = cleanRuntime(await session.runtimeStatus(options), this.#cleaner);
        this.#patch({ runtime: { value, atMs: Date.now() } });
      }
      await this.#observe();
      if (attention === 'visible' && capabilities.has('system_info')) {
        const value = cleanSystem(await session.systemInfo(options), this.#cleaner);
        this.#patch({ system: { value, atMs: Date.now() } });
      }
      this.#patch({ pollError: null });
    } catch (error) {
      const reason = AgentError.from(error, 'connection_closed');
      if (!harmlessCodes.has(reason.code)) throw reason;
      this.#patch({ pollError: reason.message });
    }
  }

  /** Takes what can be learnt of the guest without asking it. */
  async #observe(): Promise<void> {
    const seen = await this.#dependencies.observe?.(this.#snapshot);
    if (seen === undefined) return;
    const atMs = Date.now();
    const { idleMs, activeSessions, clockOffsetMs } = seen;
    this.#patch({ activity: { value: { idleMs, activeSessions }, atMs } });
    if (clockOffsetMs !== null) this.#patch({ clockOffsetMs: { value: clockOffsetMs, atMs } });
  }

  async #readListening(session: AgentSession, signal: AbortSignal | undefined): Promise<void> {
    try {
      const value = await session.listeningPorts?.({ timeoutMs: pollTimeoutMs, signal });
      if (value !== undefined) this.#patch({ listening: { value, atMs: Date.now() } });
    } catch (error) {
      const reason = AgentError.from(error, 'connection_closed');
      if (!harmlessCodes.has(reason.code)) throw reason;
      this.#patch({ pollError: reason.message });
    }
  }

  #notePing({ rttMs, clockOffsetMs }: PingResult): void {
    const atMs = Date.now();
    this.#patch({ roundTripMs: { value: rttMs, atMs } });
    if (clockOffsetMs !== null) this.#patch({ clockOffsetMs: { value: clockOffsetMs, atMs } });
    if (!this.#hasSlept) return;
    this.#hasSlept = false;
    this.#dependencies.onWake?.();
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

  #transition(event: ConnectionEvent): void {
    const connection = nextConnectionState(this.#snapshot.connection, event);
    if (connection === this.#snapshot.connection) return;
    const hasData = this.#snapshot.roundTripMs !== null;
    this.#patch({ connection, isStale: connection.phase !== 'open' && hasData });
  }

  #patch(changes: Partial<SandboxSnapshot>): void {
    const session = this.#session;
    const next: SandboxSnapshot = {
      ...this.#snapshot,
      ...changes,
      ...(session && {
        agent: session.agent && cleanIdentity(session.agent),
        boot: session.boot,
        capabilities: new Set(session.capabilities),
      }),
      cuts: this.#cleaner.cuts,
    };
    const judged = { ...next, readiness: judgeReadiness(next) };
    this.#snapshot = { ...judged, history: recordHistory(this.#snapshot, judged, Date.now()) };
    this.#dependencies.onChange(this.#snapshot);
  }
}

/** False for a sandbox that its own tool knows not to run; asking it would only fail. */
export function mayAnswer({ discovered }: SandboxSpec): boolean {
  return discovered === undefined || discovered.state === 'running' || discovered.state === 'starting';
}
