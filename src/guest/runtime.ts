import type {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  ServiceStatus,
} from '../agent/generated/arcbox/v1/agent.ts';
import type { Logger } from '../base/logger.ts';
import { plain, plainText } from '../base/text.ts';
import type { DockerEngine } from '../docker/engine.ts';
import { maxDetailLength, probeContainerd, probeDockerd, probeRunc } from './probes/services.ts';
import type { RuntimeConfig } from './runtime-config.ts';
import { missingBinaries, planStart, startRuntime } from './start-runtime.ts';

/** One attempt to start the runtime, shared by everybody who asks while it lasts. */
interface Start {
  state: 'running' | 'succeeded' | 'failed';
  /** Why it failed; empty otherwise. */
  failure: string;
  /** True when a caller has been told how it ended. */
  told: boolean;
  /** Resolves when it is known whether there is a way to start; quickly. */
  readonly planned: Promise<void>;
}

/**
 * The runtime stack of this machine. Readiness is never remembered: every answer comes from a probe, so a dockerd that
 * died is reported by the next call.
 */
export class Runtime {
  readonly #config: RuntimeConfig;
  readonly #engine: DockerEngine;
  readonly #logger: Logger;
  #start: Start | undefined;

  constructor(config: RuntimeConfig, engine: DockerEngine, logger: Logger) {
    this.#config = config;
    this.#engine = engine;
    this.#logger = logger;
  }

  /** Looks at containerd, dockerd and runc. */
  async status(): Promise<RuntimeStatusResponse> {
    const { containerdCandidates, searchPath } = this.#config;
    const [containerd, dockerd, runc] = await Promise.all([
      probeContainerd(containerdCandidates),
      probeDockerd(this.#engine),
      probeRunc(searchPath),
    ]);
    return {
      containerdReady: isReady(containerd),
      dockerReady: isReady(dockerd),
      endpoint: this.#endpoint(),
      detail: await this.#detail(dockerd),
      services: [containerd, dockerd, runc],
    };
  }

  /**
   * Answers at once. With `startIfNeeded`, a runtime that is down is started in the background: "starting" until it is
   * up, then "started" to the first who asks and "reused" to the rest. A failure is told once; who asks after that
   * starts anew. Without it nothing is started: "reused" or "failed".
   */
  async ensure(startIfNeeded: boolean): Promise<RuntimeEnsureResponse> {
    const dockerd = await probeDockerd(this.#engine);
    if (isReady(dockerd)) {
      const isOurs = startIfNeeded && this.#start?.told === false && this.#start.state !== 'failed';
      if (isOurs && this.#start !== undefined) this.#start.told = true;
      return this.#answer(isOurs ? 'started' : 'reused', await this.#detail(dockerd));
    }
    if (!startIfNeeded) return this.#answer('failed', await this.#detail(dockerd));
    // Nothing is awaited between looking at the start and beginning one: callers at the same time share it.
    const start = isOpen(this.#start) ? this.#start : this.#begin();
    await start.planned;
    // Planning is over, so this reads the state anew.
    if (hasFailed(start)) {
      start.told = true;
      return this.#answer('failed', start.failure);
    }
    return this.#answer('starting', 'runtime start in progress');
  }

  #begin(): Start {
    const plan = planStart(this.#config);
    const start: Start = {
      state: 'running',
      failure: '',
      told: false,
      planned: plan.then(
        () => undefined,
        (error: unknown) => {
          this.#fail(start, error);
        },
      ),
    };
    this.#start = start;
    void this.#carryOut(start, plan);
    return start;
  }

  async #carryOut(start: Start, planned: ReturnType<typeof planStart>): Promise<void> {
    try {
      const plan = await planned;
      this.#logger.info(plain`Starting the runtime (${plan.kind}).`);
      await startRuntime(plan, this.#config, this.#engine);
      start.state = 'succeeded';
      this.#logger.info(plain`The runtime is up.`);
    } catch (error) {
      this.#fail(start, error);
    }
  }

  #fail(start: Start, error: unknown): void {
    if (start.state === 'failed') return;
    start.state = 'failed';
    start.failure = error instanceof Error ? error.message : String(error);
    this.#logger.warn(plain`The runtime was not started: ${plainText(start.failure, maxDetailLength)}`);
  }

  /** One line for a person: Docker's socket first, then what stands in its way. */
  async #detail(dockerd: ServiceStatus): Promise<string> {
    if (isReady(dockerd)) return 'docker socket ready';
    const missing = await missingBinaries(this.#config.searchPath);
    const parts = [
      dockerd.status === 'error'
        ? dockerd.detail.replace(
            /^socket exists but not connectable/,
            'docker socket exists but not reachable',
          )
        : `docker ${dockerd.detail}`,
      missing.length > 0 ? `missing runtime binaries: ${missing.join(', ')}` : '',
      this.#start?.state === 'running' ? 'runtime start in progress' : '',
      this.#start?.state === 'failed' ? `the last start failed: ${this.#start.failure}` : '',
    ];
    return parts
      .filter((part) => part !== '')
      .join('; ')
      .slice(0, maxDetailLength);
  }

  #answer(status: 'started' | 'reused' | 'failed' | 'starting', message: string): RuntimeEnsureResponse {
    const ready = status === 'started' || status === 'reused';
    const endpoint = status === 'starting' ? '' : this.#endpoint();
    return { ready, endpoint, message: message.slice(0, maxDetailLength), status };
  }

  #endpoint(): string {
    const { dockerSocket } = this.#config;
    return dockerSocket.startsWith('//') ? `npipe:${dockerSocket}` : `unix://${dockerSocket}`;
  }
}

/** True while there is something left to tell: the start goes on, or its failure is not known to anybody. */
function isOpen(start: Start | undefined): start is Start {
  return start?.state === 'running' || (start?.state === 'failed' && !start.told);
}

function isReady(service: ServiceStatus): boolean {
  return service.status === 'ready';
}

function hasFailed(start: Start): boolean {
  return start.state === 'failed';
}
