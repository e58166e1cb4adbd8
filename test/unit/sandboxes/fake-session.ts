import { AgentError } from '../../../src/agent/errors.ts';
import type { PortBinding, PortChange, RuntimeStatus } from '../../../src/agent/facts.ts';
import type {
  AgentSession,
  ClockSyncResult,
  ListeningFacet,
  PingResult,
  PortFollower,
} from '../../../src/agent/session.ts';
import { plain } from '../../../src/base/text.ts';

/** Imitates a session whose loss, answers and timing the test decides. */
export class FakeSession implements AgentSession {
  readonly endpoint = { protocol: 'arcbox', transport: { kind: 'unix', path: '/fake.sock' } } as const;
  readonly agent = { version: '1.2.3' };
  readonly boot = null;
  readonly absent = {};
  readonly closed: Promise<AgentError>;
  readonly calls: string[] = [];
  isClosed = false;
  clockOffsetMs: number | null = 5;
  status: RuntimeStatus = {
    containerdReady: true,
    dockerReady: true,
    endpoint: '',
    detail: '',
    services: [{ name: 'dockerd', status: 'ready', detail: '' }],
  };
  failPingWith: AgentError | undefined;
  failRuntimeWith: AgentError | undefined;
  listening?: ListeningFacet;
  lose!: (reason: AgentError) => void;
  #waiting: PortChange[] = [];
  #follower: PortFollower | undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  readonly runtime = {
    status: (): Promise<RuntimeStatus> => {
      this.calls.push('runtime');
      return this.failRuntimeWith ? Promise.reject(this.failRuntimeWith) : this.answerStatus();
    },
    ensure: (options: { onProgress?: (progress: { elapsedMs: number; detail: string }) => void }) => {
      options.onProgress?.({ elapsedMs: 1, detail: 'pulling\u0000 up' });
      return Promise.resolve({
        ready: true,
        endpoint: '',
        message: 'went\u001b[31m well',
        status: 'started',
      });
    },
  };

  readonly system = {
    read: (): Promise<never> => {
      this.calls.push('system');
      return Promise.reject(new AgentError('unsupported', plain`no`));
    },
  };

  readonly clock = {
    isReported: true,
    sync: (): Promise<ClockSyncResult> =>
      Promise.resolve({ sentUnixNanos: 1n, resolution: 'second', confirmed: true, driftBeforeMs: -5 }),
  };

  readonly ports = {
    follow: (follower: PortFollower) => {
      this.#follower = follower;
      this.#waiting = [{ kind: 'snapshot', containers: new Map() }];
      return Promise.resolve({
        dropped: 0,
        drain: () => this.#waiting.splice(0),
      });
    },
  };

  /** What a status call answers. */
  answerStatus(): Promise<RuntimeStatus> {
    return Promise.resolve(this.status);
  }

  /** Tells a change of the published ports. */
  emitPorts(change: PortChange): void {
    this.#waiting.push(change);
    if (this.#waiting.length === 1) this.#follower?.onPending();
  }

  ping(): Promise<PingResult> {
    this.calls.push('ping');
    if (this.failPingWith) return Promise.reject(this.failPingWith);
    return Promise.resolve({
      message: 'pong',
      version: '1.2.3',
      rttMs: 1,
      clockOffsetMs: this.clockOffsetMs,
    });
  }

  close(): void {
    this.isClosed = true;
    this.lose(new AgentError('cancelled', plain`closed here`));
  }
}

/** A binding of a port on this machine. */
export const bindingOf = (containerPort: number, hostPort: number, hostIp = '127.0.0.1'): PortBinding => ({
  ...{ containerPort, hostPort, protocol: 'tcp', hostIp },
});
