import { AgentError } from '../../../src/agent/errors.ts';
import type { RuntimeStatusResponse } from '../../../src/agent/generated/arcbox/v1/agent.ts';
import type { AgentSession, Capability, PortChange } from '../../../src/agent/session.ts';

/** Imitates a session whose loss, answers and timing the test decides. */
export class FakeSession implements AgentSession {
  readonly endpoint = { protocol: 'arcbox', transport: { kind: 'unix', path: '/fake.sock' } } as const;
  readonly capabilities = new Set<Capability>(['runtime_status', 'system_info', 'ensure_runtime']);
  readonly agent = { version: '1.2.3' };
  readonly boot = null;
  readonly closed: Promise<AgentError>;
  readonly calls: string[] = [];
  isClosed = false;
  clockOffsetMs: number | null = 5;
  runtime: RuntimeStatusResponse = {
    containerdReady: true,
    dockerReady: true,
    endpoint: '',
    detail: '',
    services: [{ name: 'dockerd', status: 'ready', detail: '' }],
  };
  failPingWith: AgentError | undefined;
  failRuntimeWith: AgentError | undefined;
  emitPorts: ((change: PortChange) => void) | undefined;
  lose!: (reason: AgentError) => void;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  ping(): ReturnType<AgentSession['ping']> {
    this.calls.push('ping');
    if (this.failPingWith) return Promise.reject(this.failPingWith);
    return Promise.resolve({
      message: 'pong',
      version: '1.2.3',
      rttMs: 1,
      clockOffsetMs: this.clockOffsetMs,
    });
  }

  runtimeStatus(): ReturnType<AgentSession['runtimeStatus']> {
    this.calls.push('runtime');
    return this.failRuntimeWith ? Promise.reject(this.failRuntimeWith) : Promise.resolve(this.runtime);
  }

  systemInfo(): ReturnType<AgentSession['systemInfo']> {
    this.calls.push('system');
    return Promise.reject(new AgentError('unsupported', 'no'));
  }

  ensureRuntime: AgentSession['ensureRuntime'] = (options) => {
    options.onProgress?.({ elapsedMs: 1, detail: 'pulling\u0000 up' });
    return Promise.resolve({ ready: true, endpoint: '', message: '', status: 'started' });
  };

  syncClock(): ReturnType<AgentSession['syncClock']> {
    return Promise.reject(new AgentError('unsupported', 'no'));
  }

  touch(): Promise<bigint> {
    return Promise.resolve(1n);
  }

  listeningPorts(): ReturnType<AgentSession['listeningPorts']> {
    return Promise.reject(new AgentError('unsupported', 'no'));
  }

  subscribePorts(listener: (change: PortChange) => void): Promise<void> {
    this.emitPorts = listener;
    listener({ kind: 'snapshot', containers: new Map() });
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.lose(new AgentError('cancelled', 'closed here'));
  }
}
