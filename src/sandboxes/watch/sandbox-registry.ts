import type { Endpoint } from '../../agent/endpoint.ts';
import type { Logger } from '../../base/logger.ts';
import type { CallOptions } from '../../agent/rpc/channel.ts';
import type { PingResult } from '../../agent/session.ts';
import { Emitter, type Disposable } from '../../base/emitter.ts';
import { probeEndpoint } from './probe.ts';
import type { Attention } from './ask-agent.ts';
import { mayAnswer, SandboxMonitor, type MonitorDependencies } from './sandbox-monitor.ts';
import { observeFromHost } from '../sources/microsandbox/observe.ts';
import type { SandboxSnapshot, SandboxSpec } from '../model/snapshot.ts';

/** What changed in one slice of time, as sandbox ids. */
export interface RegistryChange {
  /** True when sandboxes came, went or changed places. */
  readonly listChanged: boolean;
  readonly changed: ReadonlySet<string>;
}

/** Changes are gathered this long, so that a burst of them costs the views one update. */
const sliceMs = 50;

/** All sandboxes, from every source, with their monitors. Speaks up at most once a slice. */
export class SandboxRegistry {
  readonly #connect: MonitorDependencies['connect'];
  readonly #logger: Logger;
  readonly #monitors = new Map<string, SandboxMonitor>();
  readonly #bySource = new Map<string, readonly string[]>();
  readonly #emitter: Emitter<RegistryChange>;
  readonly #wakes: Emitter<string>;
  readonly #onlookers = new Map<string, (sandboxId: string) => boolean>();
  #changed = new Set<string>();
  #listChanged = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(connect: MonitorDependencies['connect'], logger: Logger) {
    this.#connect = connect;
    this.#logger = logger;
    const onListenerError = (error: unknown): void => {
      logger.error(
        `A listener of sandbox changes failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
      );
    };
    this.#emitter = new Emitter(onListenerError);
    this.#wakes = new Emitter(onListenerError);
  }

  /** Every sandbox, ordered by source and then as the source orders them. */
  list(): readonly SandboxSnapshot[] {
    return [...this.#bySource.values()].flat().flatMap((id) => this.get(id) ?? []);
  }

  get(id: string): SandboxSnapshot | undefined {
    return this.#monitors.get(id)?.snapshot;
  }

  /** The monitor to act through; `undefined` when the sandbox is gone. */
  monitor(id: string): SandboxMonitor | undefined {
    return this.#monitors.get(id);
  }

  /** Replaces the sandboxes of one source. Those whose id and endpoint stay keep their connection and data. */
  setSource(source: string, specs: readonly SandboxSpec[]): void {
    const wanted = new Map(specs.map((spec) => [spec.id, spec]));
    for (const id of this.#bySource.get(source) ?? []) {
      const spec = wanted.get(id);
      const current = this.get(id);
      if (spec !== undefined && current !== undefined && isSamePlace(spec, current)) {
        this.#monitors.get(id)?.update(spec);
        continue;
      }
      this.#monitors.get(id)?.dispose();
      this.#monitors.delete(id);
    }
    this.#bySource.set(source, [...wanted.keys()]);
    for (const [id, spec] of wanted) if (!this.#monitors.has(id)) this.#add(spec);
    this.#listChanged = true;
    this.#schedule();
  }

  /** Tries an endpoint that may become a sandbox: connects, asks for one round trip, disconnects. */
  probe(endpoint: Endpoint, options: CallOptions): Promise<PingResult> {
    return probeEndpoint(this.#connect, endpoint, { ...options, logger: this.#logger });
  }

  /**
   * Notes which sandboxes `onlooker` shows to somebody, in place of what it said before. What at least one onlooker shows
   * is watched closely, everything else in the background.
   */
  setOnlooker(onlooker: string, shows: (sandboxId: string) => boolean): void {
    this.#onlookers.set(onlooker, shows);
    for (const [id, monitor] of this.#monitors) monitor.setAttention(this.#attentionFor(id));
  }

  onDidChange(listener: (change: RegistryChange) => void): Disposable {
    return this.#emitter.on(listener);
  }

  /** Hears the id of a sandbox that has answered for the first time after this machine slept. */
  onDidWake(listener: (sandboxId: string) => void): Disposable {
    return this.#wakes.on(listener);
  }

  dispose(): void {
    for (const monitor of this.#monitors.values()) monitor.dispose();
    this.#monitors.clear();
    this.#bySource.clear();
    clearTimeout(this.#timer);
  }

  #add(spec: SandboxSpec): void {
    const monitor = new SandboxMonitor(spec, {
      connect: this.#connect,
      logger: this.#logger,
      observe: observeFromHost,
      onChange: () => {
        this.#changed.add(spec.id);
        this.#schedule();
      },
      onWake: () => {
        this.#wakes.emit(spec.id);
      },
    });
    this.#monitors.set(spec.id, monitor);
    monitor.setAttention(this.#attentionFor(spec.id));
    if (mayAnswer(spec)) monitor.connect();
  }

  #attentionFor(id: string): Attention {
    return [...this.#onlookers.values()].some((shows) => shows(id)) ? 'visible' : 'background';
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const change = { listChanged: this.#listChanged, changed: this.#changed };
      this.#listChanged = false;
      this.#changed = new Set();
      this.#emitter.emit(change);
    }, sliceMs);
  }
}

/** True when a connection made for one serves the other. */
function isSamePlace(a: SandboxSpec, b: SandboxSpec): boolean {
  return (
    a.name === b.name &&
    a.dockerSocket === b.dockerSocket &&
    JSON.stringify([a.endpoint, a.tls]) === JSON.stringify([b.endpoint, b.tls])
  );
}
