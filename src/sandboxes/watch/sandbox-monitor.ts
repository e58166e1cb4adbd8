import type { connectAgent } from '../../agent/connect.ts';
import { formatEndpoint, type Endpoint } from '../../agent/endpoint.ts';
import { AgentError, sentences } from '../../agent/errors.ts';
import type { EnsureOutcome } from '../../agent/facts.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import {
  facetOf,
  missing,
  type AgentSession,
  type ClockSyncResult,
  type EnsureOptions,
  type EnsureProgress,
  type PingResult,
} from '../../agent/session.ts';
import { readTlsFiles } from '../../agent/transport/tls-files.ts';
import * as l10n from '../../base/l10n.ts';
import type { Logger } from '../../base/logger.ts';
import { waitForPath } from '../../base/path-watch.ts';
import { pause } from '../../base/pause.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import type { Turnstile } from '../../base/turnstile.ts';
import { connectionError, initialConnection, type ConnectionState } from '../model/connection.ts';
import { maxDetailLength, maxNameLength } from '../model/guest-facts.ts';
import { applyPortChanges, asStale, knownFromTool, type PortKnowledge } from '../model/port-book.ts';
import {
  mayAnswer,
  type ReadinessWord,
  type RunningOperation,
  type SandboxSnapshot,
  type SandboxSpec,
} from '../model/snapshot.ts';
import { Alarm } from './alarm.ts';
import { isHarmless, pollAgent, readListening, type Attention } from './ask-agent.ts';
import type { CallLog } from './call-log.ts';
import { ConnectionDriver, type Closable } from './connection-driver.ts';
import { FailureWords } from './failure-words.ts';
import { followDockerPorts, PortInbox, type PortSource } from './port-sources.ts';
import { roundTripOf, SnapshotCell, type SnapshotChange } from './snapshot-cell.ts';
import { pollTimeoutMs, watchSession, type Observe } from './watch-session.ts';

/** What a {@link SandboxMonitor} needs from outside. */
export interface MonitorDependencies {
  readonly connect: typeof connectAgent;
  readonly logger: Logger;
  readonly calls: CallLog;
  /** Shared by all monitors: attempts to connect, and polls. */
  readonly attempts: Turnstile;
  readonly polls: Turnstile;
  readonly observe?: Observe;
  /** Called whenever the snapshot has changed, or will have when it is read. */
  readonly onChange: () => void;
  /** Called when the agent has answered for the first time after this machine slept. */
  readonly onWake?: () => void;
  /** In [0, 1); spreads polls. Defaults to chance. */
  readonly random?: () => number;
}

/** A progress whose words may be shown. */
export interface ShownProgress extends EnsureProgress {
  readonly detail: PlainText;
}

/** How to ensure a runtime, with progress that may be shown. */
export interface MonitoredEnsureOptions extends Omit<EnsureOptions, 'onProgress'> {
  readonly onProgress?: (progress: ShownProgress) => void;
}

const connectTimeoutMs = 10_000;

/** A session that has answered a first round trip. */
interface ProvenSession extends Closable {
  readonly session: AgentSession;
  readonly first: PingResult;
}

/**
 * Keeps one sandbox connected and its snapshot current: connects, polls, follows port changes, reconnects with backoff,
 * and keeps the last data, marked stale, when the agent is gone. Commands act through it.
 */
export class SandboxMonitor {
  readonly #dependencies: MonitorDependencies;
  readonly #cell: SnapshotCell;
  readonly #driver: ConnectionDriver<ProvenSession>;
  readonly #alarm = new Alarm();
  #attention: Attention = 'background';
  /** This machine slept, and the agent has not answered since. */
  #hasSlept = false;
  /** Where port changes wait that the snapshot does not hold yet. */
  #ports: PortSource | undefined;
  /** Programs that connections were made of, each until it is gone. */
  readonly #programs = new Set<Promise<unknown>>();
  #operations: readonly RunningOperation[] = [];
  readonly #failures = new FailureWords();
  #loggedReadiness: ReadinessWord = 'unknown';

  constructor(spec: SandboxSpec, dependencies: MonitorDependencies) {
    this.#dependencies = dependencies;
    this.#cell = new SnapshotCell(spec, () => {
      this.#logReadiness();
      dependencies.onChange();
    });
    this.#driver = new ConnectionDriver(initialConnection(mayAnswer(spec)), {
      open: (signal) => this.#open(signal),
      live: (proven, signal) => this.#live(proven, signal),
      released: () => Promise.all(this.#programs),
      wait: (state, signal) => this.#waitForRetry(state.retryAtMs, signal),
      onState: (before, now) => {
        this.#takeState(before, now);
      },
    });
  }

  /** Everything known. Reading it takes in the port changes that wait. */
  get snapshot(): SandboxSnapshot {
    const changes = this.#ports?.drain() ?? [];
    if (changes.length > 0) {
      const { ports } = this.#cell.snapshot;
      const known = applyPortChanges(ports, changes, Date.now());
      if (known !== ports) this.#cell.patchUnannounced({ ports: known });
    }
    return this.#cell.snapshot;
  }

  /** Wishes the sandbox connected; when it waits for the next attempt, tries at once. */
  connect(): void {
    this.#driver.dispatch({ kind: 'connect' });
  }

  /** Drops the connection and stops trying. */
  disconnect(): void {
    this.#driver.dispatch({ kind: 'disconnect' });
  }

  /** Replaces the connection that is open by a new one. */
  reconnect(): void {
    this.#driver.dispatch({ kind: 'reconnect' });
  }

  /** Takes what the sandbox's own tool tells; one that does not run is left alone until it does. */
  update(spec: SandboxSpec): void {
    const session = this.#driver.session?.session;
    const tellsPorts =
      session !== undefined && session.ports === undefined && spec.dockerSocket === undefined;
    const ports = tellsPorts ? portsOfTool(spec, session) : undefined;
    this.#cell.patch({ ...spec, ...(ports && { ports }) });
    this.#driver.dispatch({ kind: 'mayAnswer', mayAnswer: mayAnswer(spec) });
  }

  /** Chooses how closely to watch; more attention looks at once. */
  setAttention(attention: Attention): void {
    if (attention === this.#attention) return;
    this.#attention = attention;
    if (attention !== 'visible') return;
    this.#alarm.ring();
    this.#driver.dispatch({ kind: 'retry' });
  }

  /**
   * Asks the agent for everything at once, or tries to connect when it is not connected.
   *
   * @throws AgentError when the agent could not be asked.
   */
  async refresh(): Promise<void> {
    const session = this.#driver.session?.session;
    if (session === undefined) {
      this.connect();
      return;
    }
    const { ports } = this.snapshot;
    if (ports.kind === 'known' && ports.stale !== null && session.ports !== undefined) {
      // A list that missed a change becomes whole again only with a snapshot, which a connection begins with.
      this.reconnect();
      return;
    }
    const { calls } = this.#dependencies;
    const options = { timeoutMs: pollTimeoutMs };
    await pollAgent(this.#cell, session, 'visible', options, calls);
    await readListening(this.#cell, session, options, calls);
  }

  /** One round trip that never touches the guest's clock. */
  async ping(options: CallOptions): Promise<PingResult> {
    const session = this.#openSession();
    const result = await this.#dependencies.calls.note('ping', () => session.ping(options));
    this.#cell.patch(roundTripOf(result));
    return result;
  }

  /** Tells the guest that it is in use, which postpones its idle shutdown. */
  touch(options: CallOptions): Promise<bigint> {
    const activity = facetOf(this.#openSession(), 'activity');
    return this.#dependencies.calls.note('activity.touch', () => activity.touch(options));
  }

  /**
   * Sets the guest's clock, then measures how far off it is. A measurement that fails takes nothing from the clock's having
   * been set.
   */
  async syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult> {
    const { calls, logger } = this.#dependencies;
    const clock = facetOf(this.#openSession(), 'clock');
    const result = await calls.note('clock.sync', () => clock.sync(options));
    const { confirmed } = result;
    logger.info(
      plain`${this.#cell.snapshot.name}: the clock was ${confirmed ? 'set' : 'sent, and not confirmed'}`,
    );
    try {
      await this.ping(options);
    } catch (error) {
      const { message } = AgentError.from(error, 'connection_closed');
      logger.warn(
        plain`${this.#cell.snapshot.name}: the clock was set, but not measured afterwards. ${message}`,
      );
    }
    return result;
  }

  /** Ensures the runtime; its progress is part of the snapshot meanwhile. */
  async ensureRuntime(options: MonitoredEnsureOptions): Promise<EnsureOutcome<PlainText>> {
    const session = this.#openSession();
    const ensure = facetOf(session, 'runtime').ensure;
    if (ensure === undefined) throw missing(session, 'runtime');
    let operation: RunningOperation = { kind: 'ensureRuntime', startedAtMs: Date.now(), detail: plain`` };
    this.#setOperations([...this.#operations, operation]);
    try {
      const { calls, logger } = this.#dependencies;
      const outcome = await calls.note('runtime.ensure', () =>
        ensure({
          ...options,
          onProgress: ({ elapsedMs, detail: words }) => {
            const detail = plainText(words, maxDetailLength);
            const next = { ...operation, detail };
            this.#setOperations(this.#operations.map((running) => (running === operation ? next : running)));
            operation = next;
            options.onProgress?.({ elapsedMs, detail });
          },
        }),
      );
      const status = plainText(outcome.status, maxNameLength);
      const elapsedMs = Date.now() - operation.startedAtMs;
      logger.info(plain`${this.#cell.snapshot.name}: runtime ensured: ${status} after ${elapsedMs} ms`);
      return {
        ready: outcome.ready,
        endpoint: plainText(outcome.endpoint, maxDetailLength),
        message: plainText(outcome.message, maxDetailLength),
        status,
      };
    } finally {
      this.#setOperations(this.#operations.filter((running) => running !== operation));
      this.#alarm.ring();
    }
  }

  /** Disconnects for good. */
  dispose(): void {
    this.disconnect();
  }

  #setOperations(operations: readonly RunningOperation[]): void {
    this.#operations = operations;
    this.#cell.patch({ operation: operations[0] ?? null });
  }

  #openSession(): AgentSession {
    const proven = this.#driver.session;
    if (proven !== undefined) return proven.session;
    const { name } = this.#cell.snapshot;
    const why = connectionError(this.#driver.state)?.message;
    const event = l10n.t('{0} is not connected.', name);
    throw new AgentError('unreachable', why === undefined ? event : sentences(event, why));
  }

  /** Shows a new state of the connection, with what belongs to it. */
  #takeState(before: ConnectionState, connection: ConnectionState): void {
    const { roundTripMs, ports } = this.#cell.snapshot;
    const proven = this.#driver.session;
    if (before.phase === 'open') this.#ports = undefined;
    const change: SnapshotChange =
      proven === undefined
        ? { connection, isStale: roundTripMs !== null }
        : {
            ...{ connection, isStale: false, pollError: null, listeningError: null },
            ...roundTripOf(proven.first),
            ...this.#cell.factsOf(proven.session),
            ports: askedAnew(ports, roundTripMs?.atMs ?? Date.now()),
          };
    this.#cell.patch(change);
    this.#log(before, connection);
    if (proven !== undefined) this.#tellWake();
  }

  /** Tells the log what is new. */
  #log(before: ConnectionState, state: ConnectionState): void {
    const { logger } = this.#dependencies;
    const { name, endpoint } = this.#cell.snapshot;
    const error = connectionError(state);
    if (state.phase === 'open') {
      this.#failures.forget();
      logger.info(plain`${name}: connected to ${formatEndpoint(endpoint)}`);
    } else if (error !== null && state.phase !== 'connecting' && state.phase !== 'idle') {
      const words = this.#failures.wordsFor(error.message, state.failures);
      if (words !== undefined) logger.info(plain`${name}: ${words}`);
    } else if (state.phase === 'idle' && before.phase !== 'idle') {
      logger.info(plain`${name}: ${mayAnswer(this.#cell.snapshot) ? 'disconnected' : 'not running'}`);
    }
  }

  /** Tells the log every change of the readiness. */
  #logReadiness(): void {
    const { name, readiness } = this.#cell.snapshot;
    const before = this.#loggedReadiness;
    if (readiness === before) return;
    this.#loggedReadiness = readiness;
    this.#dependencies.logger.info(plain`${name}: ${readiness}, was ${before}`);
  }

  async #open(signal: AbortSignal): Promise<ProvenSession> {
    const { attempts } = this.#dependencies;
    const { endpoint } = this.#cell.snapshot;
    try {
      return await attempts.run(() => this.#connect(endpoint, signal), signal);
    } catch (error) {
      throw about(endpoint, AgentError.from(error, 'unreachable'));
    }
  }

  async #connect(endpoint: Endpoint, signal: AbortSignal): Promise<ProvenSession> {
    const { connect, logger, calls } = this.#dependencies;
    const options = { timeoutMs: connectTimeoutMs, signal };
    const onProgram = (exited: Promise<unknown>): void => {
      this.#programs.add(exited);
      void exited.finally(() => this.#programs.delete(exited));
    };
    const files = this.#cell.snapshot.tls;
    const tls = files && (await readTlsFiles(files));
    if (signal.aborted) throw new AgentError('cancelled', l10n.t('Connecting was cancelled.'));
    const session = await calls.note('connect', () =>
      connect(endpoint, { ...options, logger, onProgram, ...(tls && { tls }) }),
    );
    try {
      const first = await calls.note('ping', () => session.ping(options));
      return {
        session,
        first,
        close: () => {
          session.close();
        },
      };
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Lives with an open session until it is lost. */
  async #live({ session }: ProvenSession, signal: AbortSignal): Promise<AgentError> {
    const { polls, calls, observe, random = Math.random } = this.#dependencies;
    const watching = watchSession({
      ...{ cell: this.#cell, session, signal, alarm: this.#alarm, polls, calls, observe, random },
      attention: () => this.#attention,
      onSlept: () => {
        this.#hasSlept = true;
      },
      onAnswer: () => {
        this.#tellWake();
      },
    });
    const failed = Promise.all([watching, this.#followPorts(session, signal)]).then(
      () => new AgentError('cancelled', l10n.t('Disconnected.')),
      (error: unknown) => AgentError.from(error, 'connection_closed'),
    );
    const reason = await Promise.race([failed, session.closed]);
    return about(this.#cell.snapshot.endpoint, reason);
  }

  /**
   * Follows the published ports: from the agent, or else from the sandbox's Docker engine, or else as the sandbox's own
   * tool lists them.
   *
   * @throws AgentError when the connection is of no more use.
   */
  async #followPorts(session: AgentSession, signal: AbortSignal): Promise<void> {
    const { logger, calls, onChange } = this.#dependencies;
    const { ports: facet } = session;
    if (facet !== undefined) {
      try {
        const options = { timeoutMs: pollTimeoutMs, signal };
        const stream = await calls.note('ports.follow', () => facet.follow({ onPending: onChange }, options));
        if (signal.aborted) return;
        this.#ports = stream;
        onChange();
        return;
      } catch (error) {
        const reason = AgentError.from(error, 'unsupported');
        if (signal.aborted) return;
        if (!isHarmless(reason)) throw reason;
        logger.debug(plain`${this.#cell.snapshot.name}: ${reason.message}`);
      }
    }
    const { dockerSocket } = this.#cell.snapshot;
    if (dockerSocket === undefined) {
      this.#cell.patch({ ports: portsOfTool(this.#cell.snapshot, session) });
      return;
    }
    const inbox = new PortInbox(onChange);
    this.#ports = inbox;
    await followDockerPorts(dockerSocket, inbox, signal, logger);
  }

  /** Waits until it is time for the next attempt, or until the agent's socket comes back. */
  #waitForRetry(retryAtMs: number, signal: AbortSignal): Promise<void> {
    const delayMs = Math.max(retryAtMs - Date.now(), 0);
    const { transport } = this.#cell.snapshot.endpoint;
    return transport.kind === 'unix' || transport.kind === 'hvsock'
      ? waitForPath(transport.path, delayMs, signal)
      : pause(delayMs, signal);
  }

  #tellWake(): void {
    if (!this.#hasSlept) return;
    this.#hasSlept = false;
    this.#dependencies.onWake?.();
  }
}

/** The error, led by the endpoint unless it is already. */
function about(endpoint: Endpoint, reason: AgentError): AgentError {
  const subject = formatEndpoint(endpoint);
  return reason.message.startsWith(subject) ? reason : reason.about(subject);
}

/** What was known of the ports before they are asked for on a new connection. */
function askedAnew(ports: PortKnowledge, lastSeenMs: number): PortKnowledge {
  return ports.kind === 'known'
    ? asStale(ports, l10n.t('It is being asked for anew.'), lastSeenMs)
    : { kind: 'asking' };
}

/** The ports as the sandbox's own tool lists them, or why they are not known. */
function portsOfTool({ discovered }: SandboxSpec, session: AgentSession): PortKnowledge {
  const ports = discovered?.ports ?? null;
  return ports === null
    ? { kind: 'unknown', reason: missing(session, 'ports').message }
    : knownFromTool(ports);
}
