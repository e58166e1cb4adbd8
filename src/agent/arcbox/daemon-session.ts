import { performance } from 'node:perf_hooks';
import * as l10n from '../../base/l10n.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError } from '../errors.ts';
import type {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../generated/arcbox/v1/agent.ts';
import { MachineServiceClientImpl, SystemServiceClientImpl } from '../generated/arcbox/v1/daemon.ts';
import { rpcOver, type CallOptions, type RpcChannel } from '../rpc/channel.ts';
import type {
  AgentIdentity,
  AgentSession,
  Capability,
  ClockSyncResult,
  ListeningPorts,
  PingResult,
} from '../session.ts';
import { runtimeOfSetup } from './setup-phase.ts';

/**
 * One machine of an ArcBox daemon, whose agent only the daemon can reach. The daemon has no door to the agent's runtime
 * calls; its own setup phase takes their place.
 */
export class DaemonSession implements AgentSession {
  readonly endpoint: Endpoint;
  readonly boot = null;
  readonly closed: Promise<AgentError>;
  readonly capabilities: ReadonlySet<Capability> = new Set(['system_info', 'runtime_status', 'sync_clock']);
  readonly #channel: RpcChannel;
  readonly #machineId: string;
  #agent: AgentIdentity | null = null;

  /** Takes over `channel`, a gRPC channel to the daemon's socket. */
  constructor(endpoint: Endpoint, channel: RpcChannel) {
    this.endpoint = endpoint;
    this.closed = channel.closed;
    this.#channel = channel;
    this.#machineId = endpoint.machine ?? 'default';
  }

  get agent(): AgentIdentity | null {
    return this.#agent;
  }

  /**
   * A round trip to the machine's agent by GetSystemInfo, because the daemon's own Ping sends its clock along and the
   * agent then sets its own. The version stays empty until {@link syncClock} has learnt it.
   */
  async ping(options: CallOptions): Promise<PingResult> {
    const start = performance.now();
    await this.systemInfo(options);
    const rttMs = performance.now() - start;
    return { message: '', version: this.#agent?.version ?? '', rttMs, clockOffsetMs: null };
  }

  systemInfo(options: CallOptions): Promise<SystemInfo> {
    return this.#machines(options).getSystemInfo({ id: this.#machineId });
  }

  async runtimeStatus(options: CallOptions): Promise<RuntimeStatusResponse> {
    const daemon = new SystemServiceClientImpl(rpcOver(this.#channel, options));
    return runtimeOfSetup(await daemon.getSetupStatus({}));
  }

  ensureRuntime(): Promise<RuntimeEnsureResponse> {
    return unsupported(
      l10n.t('The ArcBox daemon starts its runtime by itself and takes no request to do so.'),
    );
  }

  /** The daemon sends its own clock, so no other time can be chosen, and the agent does not confirm. */
  async syncClock(options: CallOptions & { readonly unixNanos?: bigint }): Promise<ClockSyncResult> {
    if (options.unixNanos !== undefined) {
      return unsupported(
        l10n.t('The ArcBox daemon sends its own clock to the guest and takes no other time.'),
      );
    }
    const sentUnixNanos = BigInt(Math.floor(Date.now() / 1000)) * 1_000_000_000n;
    const { version } = await this.#machines(options).ping({ id: this.#machineId });
    this.#agent = { version };
    return { sentUnixNanos, resolution: 'second', confirmed: false, driftBeforeMs: null };
  }

  touch(): Promise<bigint> {
    return unsupported(l10n.t('ArcBox machines keep no record of being in use.'));
  }

  listeningPorts(): Promise<ListeningPorts> {
    return unsupported(l10n.t('The ArcBox daemon does not tell what listens in the guest.'));
  }

  subscribePorts(): Promise<void> {
    return unsupported(
      l10n.t('The ArcBox daemon does not tell ports; they are read from its Docker socket.'),
    );
  }

  close(): void {
    this.#channel.close();
  }

  #machines(options: CallOptions): MachineServiceClientImpl {
    return new MachineServiceClientImpl(rpcOver(this.#channel, options));
  }
}

function unsupported(message: string): Promise<never> {
  return Promise.reject(new AgentError('unsupported', message));
}
