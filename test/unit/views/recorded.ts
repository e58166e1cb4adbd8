import { formatEndpoint, parseEndpoint } from '../../../src/agent/endpoint.ts';
import { AgentError } from '../../../src/agent/errors.ts';
import type { PortBinding } from '../../../src/agent/facts.ts';
import { plain, plainText, type PlainText } from '../../../src/base/text.ts';
import { initialConnection, type ConnectionState } from '../../../src/sandboxes/model/connection.ts';
import { applyPortChanges, type PortKnowledge } from '../../../src/sandboxes/model/port-book.ts';
import { judgeReadiness } from '../../../src/sandboxes/model/readiness.ts';
import {
  initialSnapshot,
  type SandboxSnapshot,
  type SandboxSpec,
} from '../../../src/sandboxes/model/snapshot.ts';
import type { RowStyle } from '../../../src/views/tree/sandbox.ts';
import type { Snapshots } from '../../../src/views/per-sandbox.ts';
import { publishing } from '../../support/reports.ts';

export const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A text of a test, as it comes out of the border. */
export const text = (words: string): PlainText => plainText(words, 1000);

export const spec: SandboxSpec = {
  id: 'settings/web/arcbox+unix:///run/agent.sock',
  name: plain`web`,
  endpoint: parseEndpoint('arcbox+unix:///run/agent.sock'),
  source: 'settings',
};

/** What opening a socket fails for where there is none. */
export const noSocket = new AgentError('unreachable', plain`Nothing exists at this path. Start the agent.`, {
  cause: Object.assign(new Error('connect ENOENT'), { code: 'ENOENT' }),
});

export const lost = noSocket.about(formatEndpoint(spec.endpoint));

/** Ports beside the names of their containers, as long as nobody wants them otherwise. */
export const listed: RowStyle = { portsByContainer: false };

/** A connection that has been open for a minute. */
export const open: ConnectionState = { phase: 'open', attempt: 1, failures: 0, sinceMs: nowMs - 60_000 };

/** A connection that is being opened for the first time. */
export const connecting: ConnectionState = {
  phase: 'connecting',
  attempt: 1,
  failures: 0,
  lastError: null,
};

/** A connection that nobody wants. */
export const idle: ConnectionState = initialConnection(true);

/** A connected sandbox whose dockerd is not ready, with `changes`; its readiness is judged as the model does. */
export function connected(changes: Partial<SandboxSnapshot> = {}): SandboxSnapshot {
  const snapshot: SandboxSnapshot = {
    ...initialSnapshot(spec),
    connection: open,
    agent: { version: plain`0.4.0` },
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
        endpoint: plain``,
        detail: plain``,
        services: [
          { name: plain`containerd`, status: plain`ready`, detail: plain`socket reachable` },
          { name: plain`dockerd`, status: plain`not_ready`, detail: plain`no reachable socket found` },
        ],
      },
    },
    system: {
      atMs: nowMs - 3000,
      value: {
        kernelVersion: plain`6.1.0`,
        osName: plain`Debian GNU/Linux`,
        osVersion: plain`12`,
        arch: plain`x86_64`,
        totalMemory: 8n * 2n ** 30n,
        availableMemory: 6n * 2n ** 30n,
        cpuCount: 2,
        loadAverage: [0.5, 0.25, 0.1],
        hostname: plain`guest`,
        uptime: 7500n,
        ipAddresses: [plain`10.0.0.2`, plain`fe80::1`],
        distroInitPending: false,
      },
    },
    ports: published({ c0ffee: [binding(8080, 49152)] }),
    ...changes,
  };
  return { ...snapshot, readiness: judgeReadiness(snapshot) };
}

/** The same sandbox after its connection broke. */
export function disconnected(snapshot: SandboxSnapshot = connected()): SandboxSnapshot {
  const connection: ConnectionState = {
    phase: 'backoff',
    attempt: 1,
    failures: 1,
    retryAtMs: nowMs + 500,
    lastError: lost,
  };
  return { ...snapshot, connection, isStale: true, readiness: 'unreachable' };
}

export function binding(
  containerPort: number,
  hostPort: number,
  hostIp = '127.0.0.1',
  protocol = 'tcp',
): PortBinding {
  return { containerPort, hostPort, hostIp, protocol };
}

/** The ports as the model makes them of what a guest sends. */
export function published(containers: Readonly<Record<string, readonly PortBinding[]>>): PortKnowledge {
  const snapshot = {
    kind: 'snapshot',
    containers: new Map(Object.entries(containers).map(([id, bindings]) => [id, publishing(...bindings)])),
  } as const;
  return applyPortChanges({ kind: 'asking' }, [snapshot], nowMs);
}

/** The same with the list of one container replaced. */
export function republished(
  ports: PortKnowledge,
  containerId: string,
  bindings: readonly PortBinding[],
): PortKnowledge {
  return applyPortChanges(ports, [{ kind: 'changed', containerId, report: publishing(...bindings) }], nowMs);
}

/** What a registry holds that knows these sandboxes, in this order. */
export function snapshotsOf(list: readonly SandboxSnapshot[]): Snapshots {
  const byId = new Map(list.map((snapshot) => [snapshot.id, snapshot]));
  return { ids: () => [...byId.keys()], get: (id) => byId.get(id) };
}
