import type { connectAgent } from '../../agent/connect.ts';
import type { Endpoint } from '../../agent/endpoint.ts';
import type { PingResult } from '../../agent/session.ts';
import { Emitter, type Disposable } from '../../base/emitter.ts';
import type { Logger } from '../../base/logger.ts';
import { plain, plainText } from '../../base/text.ts';
import { Turnstile } from '../../base/turnstile.ts';
import { mayAnswer, type SandboxSnapshot, type SandboxSpec } from '../model/snapshot.ts';
import type { Attention } from './ask-agent.ts';
import type { CallLog } from './call-log.ts';
import { probeEndpoint, type ProbeOptions } from './probe.ts';
import { SandboxMonitor } from './sandbox-monitor.ts';
import type { Observe } from './watch-session.ts';

/** What changed in one slice of time, as sandbox ids. */
export interface RegistryChange {
  /** True when sandboxes came, went or changed places. */
  readonly listChanged: boolean;
  readonly changed: ReadonlySet<string>;
}

/** What a {@link SandboxRegistry} needs from outside. */
export interface RegistryDependencies {
  readonly connect: typeof connectAgent;
  readonly logger: Logger;
  readonly calls: CallLog;
  readonly observe?: Observe;
  /** In [0, 1); spreads polls. Defaults to chance. */
  readonly random?: () => number;
}

/** Changes are gathered this long, so that a burst of them costs the views one update. */
const sliceMs = 50;
/** Changed sandboxes that are told of at once, each perhaps with a list of ports; those left follow in the next turns. */
const maxChangesAtOnce = 25;
/** Attempts to connect at the same time; one that takes longer than a second no longer counts. */
const attemptLimits = { maxAtOnce: 16, maxHoldMs: 1000 };
/** Polls at the same time; one that takes longer than half a second no longer counts. */
const pollLimits = { maxAtOnce: 16, maxHoldMs: 500 };

/** All sandboxes, from every source, with their monitors. Speaks up at most once a slice. */
export class SandboxRegistry {
  readonly #dependencies: RegistryDependencies;
  readonly #attempts = new Turnstile(attemptLimits);
  readonly #polls = new Turnstile(pollLimits);
  readonly #monitors = new Map<string, SandboxMonitor>();
  readonly #bySource = new Map<string, readonly string[]>();
  readonly #emitter: Emitter<RegistryChange>;
  readonly #wakes: Emitter<string>;
  readonly #onlookers = new Map<string, (sandboxId: string) => boolean>();
  /** Of the next slice. */
  readonly #changed = new Set<string>();
  /** Of the slices so far, and not told yet. */
  readonly #due = new Set<string>();
  #listChanged = false;
  #timer: NodeJS.Timeout | undefined;
  #nextPart: NodeJS.Immediate | undefined;

  constructor(dependencies: RegistryDependencies) {
    this.#dependencies = dependencies;
    const onListenerError = (error: unknown): void => {
      const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
      dependencies.logger.error(plain`A listener of sandbox changes failed: ${plainText(trace, 2000)}`);
    };
    this.#emitter = new Emitter(onListenerError);
    this.#wakes = new Emitter(onListenerError);
  }

  /** The ids of all sandboxes, ordered by source and then as the source orders them. */
  ids(): readonly string[] {
    return [...this.#bySource.values()].flat();
  }

  /** Every sandbox, in the same order. */
  list(): readonly SandboxSnapshot[] {
    return this.ids().flatMap((id) => this.get(id) ?? []);
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
  probe(endpoint: Endpoint, options: ProbeOptions): Promise<PingResult> {
    const { connect, logger } = this.#dependencies;
    return probeEndpoint(connect, endpoint, { ...options, logger });
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
    clearImmediate(this.#nextPart);
    this.#due.clear();
  }

  #add(spec: SandboxSpec): void {
    const monitor = new SandboxMonitor(spec, {
      ...this.#dependencies,
      ...{ attempts: this.#attempts, polls: this.#polls },
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
    for (const shows of this.#onlookers.values()) if (shows(id)) return 'visible';
    return 'background';
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const id of this.#changed) this.#due.add(id);
      this.#changed.clear();
      this.#tellPart();
    }, sliceMs);
  }

  #tellPart(): void {
    clearImmediate(this.#nextPart);
    const changed = new Set<string>();
    for (const id of this.#due) {
      if (changed.size >= maxChangesAtOnce) break;
      this.#due.delete(id);
      changed.add(id);
    }
    const listChanged = this.#listChanged;
    this.#listChanged = false;
    this.#emitter.emit({ listChanged, changed });
    if (this.#due.size === 0) return;
    this.#nextPart = setImmediate(() => {
      this.#tellPart();
    });
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
