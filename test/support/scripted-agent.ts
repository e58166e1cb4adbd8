import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEndpoint, type Endpoint } from '../../src/agent/endpoint.ts';
import type { ContainerReport, PortChange } from '../../src/agent/facts.ts';
import {
  AgentPingRequest,
  AgentPingResponse,
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../../src/agent/generated/arcbox/v1/agent.ts';
import type { PortBinding } from '../../src/agent/generated/arcbox/v1/common.ts';
import {
  PingRequestExtension,
  PingResponseExtension,
} from '../../src/agent/generated/sandlight/v1/ping_extension.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { serveFramedConnection } from '../../src/guest/framed-connection.ts';
import { listen, type Listener } from '../../src/guest/listen.ts';
import type { ArcboxServices, GuestCallContext } from '../../src/guest/service.ts';
import { publishing } from './reports.ts';

/** What the agent answers; a test changes it at will. */
export interface Script {
  runtime: RuntimeStatusResponse;
  system: SystemInfo;
  /** Answers to EnsureRuntime, one after the other; the last one for good. */
  ensure: RuntimeEnsureResponse[];
  /** How far the guest's clock is ahead of this machine's, in milliseconds. */
  clockAheadMs: number;
  containers: Map<string, ContainerReport>;
}

/** Two services, of which dockerd is not ready. */
export function defaultScript(): Script {
  return {
    runtime: {
      containerdReady: true,
      dockerReady: false,
      endpoint: '',
      detail: 'waiting for dockerd',
      services: [
        { name: 'containerd', status: 'ready', detail: 'socket reachable' },
        { name: 'dockerd', status: 'not_ready', detail: 'no reachable socket found' },
      ],
    },
    system: SystemInfo.create({
      kernelVersion: '6.1.0',
      arch: 'x86_64',
      totalMemory: 2n ** 33n,
      availableMemory: 2n ** 32n,
    }),
    ensure: [{ ready: true, endpoint: 'vsock:2375', message: '', status: 'started' }],
    clockAheadMs: 0,
    containers: new Map(),
  };
}

/**
 * A guest agent on a private socket that says what a test wants: the reference agent's own server and wire over answers
 * from a script. Imitates what a real guest cannot be made to do on demand: a clock that is off, a runtime that takes its
 * time, hostile names, ports that come and go at a given moment.
 */
export class ScriptedAgent {
  readonly script = defaultScript();
  readonly endpoint: string;
  /** The times, in seconds, that the clock was set to. */
  readonly clockSets: bigint[] = [];
  /** The methods that were called, in order. */
  readonly calls: string[] = [];
  readonly #address: Endpoint;
  readonly #folder: string;
  readonly #subscribers = new Set<() => void>();
  #listener: Listener | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#address = { protocol: 'arcbox', transport: { kind: 'unix', path: join(folder, 'agent.sock') } };
    this.endpoint = formatEndpoint(this.#address);
  }

  static async start(): Promise<ScriptedAgent> {
    const agent = new ScriptedAgent(await mkdtemp(join(tmpdir(), 'scripted-')));
    await agent.resume();
    return agent;
  }

  /** Stops listening and drops every connection; {@link resume} listens again. */
  async vanish(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  async resume(): Promise<void> {
    const services = this.#services();
    const accept = (stream: Duplex): void => void serveFramedConnection(stream, services);
    this.#listener = await listen(this.#address.transport, accept, { logger: silentLogger });
  }

  async close(): Promise<void> {
    await this.vanish();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Publishes ports of a container; none takes them away. */
  publish(containerId: string, ...bindings: PortBinding[]): void {
    this.report(containerId, bindings.length === 0 ? null : publishing(...bindings));
  }

  /** Tells what is to be known of a container; `null` takes it away. */
  report(containerId: string, report: ContainerReport | null): void {
    if (report === null) this.script.containers.delete(containerId);
    else this.script.containers.set(containerId, report);
    for (const wake of this.#subscribers) wake();
  }

  #services(): ArcboxServices {
    const { script } = this;
    const service = 'arcbox.v1.AgentService';
    const answer = (
      name: string,
      handle: (request: Uint8Array, context: GuestCallContext) => Promise<Uint8Array>,
    ) =>
      [
        `${service}/${name}`,
        {
          kind: 'unary',
          handle: (request: Uint8Array, context: GuestCallContext) => {
            this.calls.push(name);
            return handle(request, context);
          },
        },
      ] as const;
    return {
      logger: silentLogger,
      ports: { subscribe: (signal) => this.#subscribe(signal) },
      methods: new Map([
        answer('Ping', (request, context) => this.#ping(request, context)),
        answer('GetSystemInfo', () => Promise.resolve(SystemInfo.encode(script.system).finish())),
        answer('GetRuntimeStatus', () =>
          Promise.resolve(RuntimeStatusResponse.encode(script.runtime).finish()),
        ),
        answer('EnsureRuntime', () => {
          const response = script.ensure.length > 1 ? script.ensure.shift() : script.ensure[0];
          return Promise.resolve(
            RuntimeEnsureResponse.encode(RuntimeEnsureResponse.create(response)).finish(),
          );
        }),
      ]),
    };
  }

  async #ping(request: Uint8Array, { subscribePorts }: GuestCallContext): Promise<Uint8Array> {
    const { timestampSecs } = AgentPingRequest.decode(request);
    const wishes = PingRequestExtension.decode(request);
    const unixNanos = BigInt(Math.round(Date.now() + this.script.clockAheadMs)) * 1_000_000n;
    if (timestampSecs > 0n) {
      this.clockSets.push(timestampSecs);
      this.script.clockAheadMs = 0;
    }
    const response = AgentPingResponse.encode({ message: 'pong', version: '9.9.9', protocolVersion: 0 });
    if (wishes.subscribePorts) await subscribePorts?.(wishes);
    const clock = { unixNanos, wasSet: timestampSecs > 0n, refusal: '' };
    PingResponseExtension.encode({ portsSubscribed: wishes.subscribePorts, clock }, response);
    return response.finish();
  }

  async *#subscribe(signal: AbortSignal): AsyncGenerator<PortChange> {
    const { containers } = this.script;
    const told = new Map(containers);
    yield { kind: 'snapshot', containers: new Map(told) };
    let changed = new AbortController();
    const wake = (): void => {
      changed.abort();
    };
    this.#subscribers.add(wake);
    while (!signal.aborted) {
      for (const containerId of new Set([...told.keys(), ...containers.keys()])) {
        const report = containers.get(containerId) ?? null;
        if (told.get(containerId) === report) continue;
        if (report === null) told.delete(containerId);
        else told.set(containerId, report);
        yield { kind: 'changed', containerId, report };
      }
      const either = AbortSignal.any([signal, changed.signal]);
      await sleep(2 ** 30, undefined, { signal: either }).catch(() => undefined);
      changed = new AbortController();
    }
    this.#subscribers.delete(wake);
  }
}
