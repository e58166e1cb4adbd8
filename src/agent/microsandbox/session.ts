import * as l10n from '../../base/l10n.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError } from '../errors.ts';
import type {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../generated/arcbox/v1/agent.ts';
import type { CallOptions } from '../rpc/channel.ts';
import type { Exchange } from './channel.ts';
import type { MicrosandboxEnvelope } from './envelope.ts';
import type { Fields } from './fields.ts';
import type { MicrosandboxReady } from './handshake.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxGeneration,
  microsandboxMessage,
  type MessageType,
  type PayloadOf,
} from './messages.ts';
import type { FileChannel } from './guest-file.ts';
import { readListeningPorts } from './listening-ports.ts';
import type {
  AgentIdentity,
  AgentSession,
  BootTiming,
  Capability,
  ClockSyncResult,
  ListeningPorts,
  PingResult,
} from '../session.ts';

const { ping, pong, touch, touched, clockSync } = microsandboxMessage;

/** The user that programs in the sandbox run as. */
export type DefaultUser = PayloadOf<typeof microsandboxMessage.initResolved>['default_user'];

/** What a microsandbox session is built from. */
export interface MicrosandboxSessionParts {
  readonly endpoint: Endpoint;
  readonly channel: FileChannel;
  readonly connection: { readonly closed: Promise<AgentError>; close(): void };
  readonly ready: MicrosandboxReady;
  /** Known on the agent's own channel only. */
  readonly defaultUser: DefaultUser | null;
}

/** A session with a microsandbox agent, through the host's relay or on the agent's own channel. */
export class MicrosandboxSession implements AgentSession {
  readonly endpoint: Endpoint;
  readonly capabilities: ReadonlySet<Capability>;
  readonly agent: AgentIdentity;
  readonly boot: BootTiming;
  readonly closed: Promise<AgentError>;
  readonly defaultUser: DefaultUser | null;
  readonly #channel: FileChannel;
  readonly #close: () => void;

  constructor({ endpoint, channel, connection, ready, defaultUser }: MicrosandboxSessionParts) {
    const generation = Math.min(microsandboxGeneration, ready.generation);
    const { boot_time_ns, init_time_ns, ready_time_ns, agent_version } = ready.payload;
    this.endpoint = endpoint;
    this.agent = { version: agent_version ?? '', generation };
    this.boot = { bootTimeNanos: boot_time_ns, initTimeNanos: init_time_ns, readyTimeNanos: ready_time_ns };
    this.closed = connection.closed;
    this.defaultUser = defaultUser;
    this.capabilities = new Set<Capability>(['boot_timing', 'sync_clock', 'listening_ports', 'touch']);
    this.#channel = channel;
    this.#close = () => {
      connection.close();
    };
  }

  /** Frames that came for nobody since the connection began. */
  get droppedFrames(): number {
    return this.#channel.droppedFrames;
  }

  /** As the interface says. The protocol has no echo and does not tell the guest's clock. */
  async ping(options: CallOptions): Promise<PingResult> {
    const startMs = performance.now();
    await this.#channel.exchange(ping, {}, answeredBy(pong, options));
    return {
      message: '',
      version: this.agent.version,
      rttMs: performance.now() - startMs,
      clockOffsetMs: null,
    };
  }

  async touch(options: CallOptions): Promise<bigint> {
    return (await this.#channel.exchange(touch, {}, answeredBy(touched, options))).activity_seq;
  }

  /**
   * As the interface says. An agent never answers a clock message that it could decode, so a ping follows it: messages
   * are handled in order, and its answer proves that the step was tried.
   */
  async syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult> {
    const sentUnixNanos = options.unixNanos ?? BigInt(Date.now()) * 1_000_000n;
    const barrierDone = new AbortController();
    const signal = options.signal
      ? AbortSignal.any([options.signal, barrierDone.signal])
      : barrierDone.signal;
    const refusal = this.#channel.exchange(
      clockSync,
      { unix_time_nanos: sentUnixNanos },
      { timeoutMs: options.timeoutMs, signal, onMessage: (message) => refuse(message) },
    );
    try {
      // A core.error for the clock message comes before the pong, and fails the race first.
      await Promise.race([refusal, this.ping(options)]);
    } finally {
      refusal.catch(() => undefined);
      barrierDone.abort();
    }
    return { sentUnixNanos, resolution: 'nanosecond', confirmed: true, driftBeforeMs: null };
  }

  listeningPorts(options: CallOptions): Promise<ListeningPorts> {
    return readListeningPorts(this.#channel, options);
  }

  systemInfo(): Promise<SystemInfo> {
    return unsupported(l10n.t('microsandbox agents do not offer system information.'));
  }

  runtimeStatus(): Promise<RuntimeStatusResponse> {
    return unsupported(l10n.t('microsandbox agents do not offer a container runtime.'));
  }

  ensureRuntime(): Promise<RuntimeEnsureResponse> {
    return unsupported(l10n.t('microsandbox agents do not offer a container runtime.'));
  }

  subscribePorts(): Promise<void> {
    return unsupported(l10n.t('microsandbox agents do not offer port notifications.'));
  }

  close(): void {
    this.#close();
  }
}

function answeredBy<Payload extends object>(
  type: MessageType<Payload> & { readonly fields: Fields<Payload> },
  options: CallOptions,
): Exchange<Payload> {
  return {
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    onMessage: (message) => {
      if (message.t !== type.name) return refuse(message, type.name);
      return { done: decodeMicrosandboxPayload(type, message.p) };
    },
  };
}

function refuse({ t }: MicrosandboxEnvelope, expected?: string): never {
  const answered = JSON.stringify(t.slice(0, 64));
  throw new AgentError(
    'unexpected_message_type',
    expected === undefined
      ? l10n.t('The agent answered {0} where nothing was expected.', answered)
      : l10n.t('The agent answered {0} where {1} was expected.', answered, expected),
  );
}

function unsupported(message: string): Promise<never> {
  return Promise.reject(new AgentError('unsupported', message));
}
