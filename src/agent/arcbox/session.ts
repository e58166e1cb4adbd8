import * as l10n from '../../base/l10n.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError } from '../errors.ts';
import {
  AgentServiceClientImpl,
  type RuntimeEnsureResponse,
  type RuntimeStatusResponse,
  type SystemInfo,
} from '../generated/arcbox/v1/agent.ts';
import { pause } from '../../base/pause.ts';
import { rpcOver, type CallOptions, type RpcChannel } from '../rpc/channel.ts';
import { pingArcbox, type ArcboxPong } from './ping.ts';
import { ensureRuntimeOver } from './ensure-runtime.ts';
import { followPortStream, type PortFeed } from './port-feed.ts';
import type {
  AgentIdentity,
  AgentSession,
  Capability,
  ClockSyncResult,
  EnsureOptions,
  ListeningPorts,
  PingResult,
  PortChange,
} from '../session.ts';

const nanosPerSecond = 1_000_000_000n;
const nanosPerMs = 1_000_000;

/** What an ArcBox session is built from. */
export interface ArcboxSessionParts {
  readonly endpoint: Endpoint;
  /** A connected channel of any wire; the session closes it. */
  readonly channel: RpcChannel;
  /** Receives the channel's notifications on the framed wire. */
  readonly portFeed: PortFeed;
  /** Opens another channel to the same agent, for calls that would hold up this one. */
  readonly openChannel: (options: CallOptions) => Promise<RpcChannel>;
}

/** A session with an ArcBox agent, over frames, ttrpc or gRPC. */
export class ArcboxSession implements AgentSession {
  readonly endpoint: Endpoint;
  readonly boot = null;
  readonly closed: Promise<AgentError>;
  readonly #parts: ArcboxSessionParts;
  readonly #capabilities = new Set<Capability>([
    'system_info',
    'runtime_status',
    'ensure_runtime',
    'sync_clock',
  ]);
  #agent: AgentIdentity | null = null;

  constructor(parts: ArcboxSessionParts) {
    this.endpoint = parts.endpoint;
    this.closed = parts.channel.closed;
    this.#parts = parts;
  }

  get capabilities(): ReadonlySet<Capability> {
    return this.#capabilities;
  }

  get agent(): AgentIdentity | null {
    return this.#agent;
  }

  async ping(options: CallOptions): Promise<PingResult> {
    const pong = await this.#ping({ timestampSecs: 0n, reportClock: true }, options);
    return {
      message: pong.response.message,
      version: pong.response.version,
      rttMs: pong.rttMs,
      clockOffsetMs: clockOffsetMs(pong),
    };
  }

  systemInfo(options: CallOptions): Promise<SystemInfo> {
    return this.#client(options).getSystemInfo({});
  }

  runtimeStatus(options: CallOptions): Promise<RuntimeStatusResponse> {
    return this.#client(options).getRuntimeStatus({});
  }

  async ensureRuntime(options: EnsureOptions): Promise<RuntimeEnsureResponse> {
    const { channel, openChannel } = this.#parts;
    const own = channel.concurrent ? channel : await openChannel(options);
    try {
      return await ensureRuntimeOver(own, channel, options);
    } finally {
      if (own !== channel) own.close();
    }
  }

  async syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult> {
    const timestampSecs =
      options.unixNanos === undefined
        ? await nextWholeSecond(options.signal)
        : options.unixNanos / nanosPerSecond;
    if (timestampSecs <= 0n) {
      throw new AgentError(
        'not_permitted',
        l10n.t('The agent takes only times after 1970-01-01T00:00:00Z for its clock.'),
      );
    }
    const pong = await this.#ping({ timestampSecs, reportClock: true }, options);
    const { clock } = pong.extension;
    if (clock !== undefined && !clock.wasSet) {
      throw new AgentError(
        'not_permitted',
        clock.refusal === ''
          ? l10n.t('The agent did not set its clock: it does not say why')
          : l10n.t('The agent did not set its clock: {0}', clock.refusal),
      );
    }
    return {
      sentUnixNanos: timestampSecs * nanosPerSecond,
      resolution: 'second',
      confirmed: clock?.wasSet ?? false,
      driftBeforeMs: clockOffsetMs(pong),
    };
  }

  touch(): Promise<bigint> {
    return Promise.reject(
      new AgentError('unsupported', l10n.t('ArcBox agents keep no record of being in use.')),
    );
  }

  listeningPorts(): Promise<ListeningPorts> {
    return Promise.reject(
      new AgentError('unsupported', l10n.t('ArcBox agents do not tell what listens in the guest.')),
    );
  }

  async subscribePorts(listener: (change: PortChange) => void, options: CallOptions): Promise<void> {
    const { channel, portFeed } = this.#parts;
    portFeed.begin(listener);
    try {
      if (channel.pushesNotifications) await this.#subscribeByPing(options);
      else await followPortStream(channel, portFeed, options);
    } catch (error) {
      portFeed.abandonSnapshot();
      throw error;
    }
    this.#capabilities.add('port_notifications');
  }

  close(): void {
    this.#parts.channel.close();
  }

  async #subscribeByPing(options: CallOptions): Promise<void> {
    const { extension } = await this.#ping({ timestampSecs: 0n, subscribePorts: true }, options);
    if (!extension.portsSubscribed) {
      throw new AgentError(
        'unsupported',
        l10n.t('This agent does not tell which ports its containers publish.'),
      );
    }
    this.#parts.portFeed.completeSnapshot();
  }

  #client(options: CallOptions): AgentServiceClientImpl {
    return new AgentServiceClientImpl(rpcOver(this.#parts.channel, options));
  }

  async #ping(ping: Parameters<typeof pingArcbox>[1], options: CallOptions): Promise<ArcboxPong> {
    const pong = await pingArcbox(this.#parts.channel, ping, options);
    this.#agent = { version: pong.response.version };
    if (pong.extension.clock !== undefined) this.#capabilities.add('clock_report');
    return pong;
  }
}

/** Waits until the host's clock begins a second, because the message carries whole seconds only; returns that second. */
async function nextWholeSecond(signal: AbortSignal | undefined): Promise<bigint> {
  await pause(1000 - (Date.now() % 1000), signal);
  if (signal?.aborted === true) {
    throw new AgentError('cancelled', l10n.t('Setting the clock was cancelled before anything was sent.'));
  }
  return BigInt(Math.round(Date.now() / 1000));
}

function clockOffsetMs({ extension, hostMidTimeMs }: ArcboxPong): number | null {
  return extension.clock === undefined
    ? null
    : Number(extension.clock.unixNanos) / nanosPerMs - hostMidTimeMs;
}
