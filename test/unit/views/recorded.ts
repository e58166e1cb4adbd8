import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { AgentError } from '../../../src/agent/errors.ts';
import { applyPortChange } from '../../../src/sandboxes/model/port-book.ts';
import { judgeReadiness } from '../../../src/sandboxes/model/readiness.ts';
import {
  initialSnapshot,
  type SandboxSnapshot,
  type SandboxSpec,
} from '../../../src/sandboxes/model/snapshot.ts';

export const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

export const spec: SandboxSpec = {
  id: 'settings/web/arcbox+unix:///run/agent.sock',
  name: 'web',
  endpoint: parseEndpoint('arcbox+unix:///run/agent.sock'),
  source: 'settings',
};

export const lost = new AgentError(
  'unreachable',
  'arcbox+unix:///run/agent.sock: no such file; start the agent.',
);

/** A connected sandbox whose dockerd is not ready, with `changes`; its readiness is judged as the model does. */
export function connected(changes: Partial<SandboxSnapshot> = {}): SandboxSnapshot {
  const snapshot: SandboxSnapshot = {
    ...initialSnapshot(spec),
    connection: { phase: 'open', sinceMs: nowMs - 60_000 },
    agent: { version: '0.4.0' },
    capabilities: new Set([
      'runtime_status',
      'ensure_runtime',
      'system_info',
      'sync_clock',
      'port_notifications',
    ]),
    roundTripMs: { value: 0.42, atMs: nowMs - 3000 },
    clockOffsetMs: { value: -12, atMs: nowMs - 3000 },
    runtime: {
      atMs: nowMs - 3000,
      value: {
        containerdReady: true,
        dockerReady: false,
        endpoint: '',
        detail: '',
        services: [
          { name: 'containerd', status: 'ready', detail: 'socket reachable' },
          { name: 'dockerd', status: 'not_ready', detail: 'no reachable socket found' },
        ],
      },
    },
    system: {
      atMs: nowMs - 3000,
      value: {
        kernelVersion: '6.1.0',
        osName: 'Debian GNU/Linux',
        osVersion: '12',
        arch: 'x86_64',
        totalMemory: 8n * 2n ** 30n,
        availableMemory: 6n * 2n ** 30n,
        cpuCount: 2,
        loadAverage: [0.5, 0.25, 0.1],
        hostname: 'guest',
        uptime: 7500n,
        ipAddresses: ['10.0.0.2', 'fe80::1'],
      },
    },
    ports: published({ c0ffee: [binding(8080, 49152)] }),
    ...changes,
  };
  return { ...snapshot, readiness: judgeReadiness(snapshot) };
}

/** The same sandbox after its connection broke. */
export function disconnected(snapshot: SandboxSnapshot = connected()): SandboxSnapshot {
  const connection = { phase: 'backoff', attempt: 1, retryAtMs: nowMs + 500, lastError: lost } as const;
  return { ...snapshot, connection, isStale: true, readiness: 'unreachable' };
}

export function binding(
  containerPort: number,
  hostPort: number,
  hostIp = '127.0.0.1',
  protocol = 'tcp',
): { containerPort: number; hostPort: number; hostIp: string; protocol: string } {
  return { containerPort, hostPort, hostIp, protocol };
}

/** A port book as the model makes it of what a guest sends. */
export function published(
  containers: Readonly<Record<string, readonly ReturnType<typeof binding>[]>>,
): SandboxSnapshot['ports'] {
  return applyPortChange(null, { kind: 'snapshot', containers: new Map(Object.entries(containers)) });
}
