import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { SandboxMonitor } from '../../../src/sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { deferred } from '../../support/deferred.ts';
import { FakeSession } from './fake-session.ts';

let sessions: FakeSession[];
let snapshots: SandboxSnapshot[];
let nextConnect: () => Promise<FakeSession>;
let monitor: SandboxMonitor;

const newest = (): SandboxSnapshot => monitor.snapshot;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  sessions = [];
  snapshots = [];
  nextConnect = () => {
    const session = new FakeSession();
    sessions.push(session);
    return Promise.resolve(session);
  };
  monitor = new SandboxMonitor(
    {
      id: 'a',
      name: 'box',
      endpoint: { protocol: 'arcbox', transport: { kind: 'unix', path: '/fake.sock' } },
      source: 'settings',
    },
    { connect: () => nextConnect(), logger: silentLogger, onChange: (snapshot) => snapshots.push(snapshot) },
  );
});
afterEach(() => {
  monitor.dispose();
  vi.useRealTimers();
});

test('becomes ready only after a round trip and the runtime said so', async () => {
  monitor.connect();
  expect(newest().readiness).toBe('unknown');
  await settle();
  expect(newest()).toMatchObject({ readiness: 'ready', isStale: false, agent: { version: '1.2.3' } });
  const words = snapshots.map(({ readiness }) => readiness);
  expect(words.indexOf('ready')).toBeGreaterThan(words.lastIndexOf('unknown'));
});

test('keeps the last data, marked stale, when the agent is gone, and reconnects by itself', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.emitPorts!({
    kind: 'changed',
    containerId: 'c',
    bindings: [{ containerPort: 80, hostPort: 81, protocol: 'tcp', hostIp: '127.0.0.1' }],
  });
  sessions[0]!.lose(new AgentError('connection_closed', 'gone'));
  await settle();
  expect(newest()).toMatchObject({
    readiness: 'unreachable',
    isStale: true,
    connection: { phase: 'backoff' },
  });
  expect(newest().ports?.containers).toHaveLength(1);
  expect(newest().runtime?.value.dockerReady).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  expect(sessions).toHaveLength(2);
  expect(newest()).toMatchObject({ readiness: 'ready', isStale: false, ports: { containers: [] } });
});

test('waits longer after each failed attempt, and tries at once when asked to', async () => {
  let attempts = 0;
  nextConnect = () => {
    attempts++;
    return Promise.reject(new AgentError('unreachable', 'nobody there'));
  };
  monitor.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toBeGreaterThan(5);
  expect(attempts).toBeLessThan(12);
  const before = attempts;
  monitor.connect();
  await settle();
  expect(attempts).toBe(before + 1);
  expect(newest().connection).toMatchObject({ lastError: { code: 'unreachable' } });
});

test('asks for one thing every 15 s while nobody looks, and at once when somebody does', async () => {
  monitor.connect();
  await settle();
  const [session] = sessions;
  session!.calls.length = 0;
  await vi.advanceTimersByTimeAsync(45_000);
  expect(session!.calls).toEqual(['runtime', 'runtime', 'runtime']);
  session!.calls.length = 0;
  monitor.setAttention('visible');
  await settle();
  expect(session!.calls).toEqual(['ping', 'runtime', 'system']);
});

test('a status that the agent refuses keeps the connection and is told', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.failRuntimeWith = new AgentError('remote_error', 'the guest is confused');
  await vi.advanceTimersByTimeAsync(15_000);
  expect(newest()).toMatchObject({ pollError: 'the guest is confused', connection: { phase: 'open' } });
  sessions[0]!.failRuntimeWith = undefined;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(newest().pollError).toBeNull();
});

test('a poll that times out gives the connection up', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.failRuntimeWith = new AgentError('timeout', 'no answer');
  await vi.advanceTimersByTimeAsync(15_000);
  expect(sessions[0]!.isClosed).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  expect(newest().readiness).toBe('ready');
});

test('after this machine slept, the connection must prove that it lives before anything else', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.calls.length = 0;
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(sessions[0]!.calls.slice(0, 1)).toEqual(['ping']);
});

test('a sleep in the middle of a poll is noticed as well', async () => {
  monitor.connect();
  await settle();
  const [session] = sessions;
  const awake = deferred();
  session!.runtimeStatus = () => awake.promise.then(() => session!.runtime);
  await vi.advanceTimersByTimeAsync(15_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  session!.calls.length = 0;
  awake.resolve();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(session!.calls.slice(0, 1)).toEqual(['ping']);
});

test('a clock that a guest writes down is looked at again soon after this machine slept', async () => {
  const beats: (number | undefined)[] = [];
  const observed = new SandboxMonitor(newest(), {
    connect: () => nextConnect(),
    logger: silentLogger,
    onChange: () => undefined,
    observe: () => {
      const clockOffsetMs = beats.shift();
      return Promise.resolve(
        clockOffsetMs === undefined ? undefined : { clockOffsetMs, idleMs: null, activeSessions: null },
      );
    },
  });
  nextConnect = () => {
    const session = new FakeSession();
    session.clockOffsetMs = null;
    return Promise.resolve(session);
  };
  beats.push(7);
  observed.connect();
  await settle();
  expect(observed.snapshot.clockOffsetMs?.value).toBe(7);
  // The guest slept as well: what it wrote is too old at first.
  beats.push(undefined, undefined, -3_600_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(observed.snapshot.clockOffsetMs).toBeNull();
  await vi.advanceTimersByTimeAsync(2000);
  expect(observed.snapshot.clockOffsetMs?.value).toBe(-3_600_000);
  observed.dispose();
});

test('a list of ports that missed a change is renewed by a refresh', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.emitPorts!({ kind: 'stale', reason: new AgentError('malformed_payload', 'damaged') });
  expect(newest().ports?.staleReason).toBe('damaged');
  await monitor.refresh();
  await settle();
  expect(sessions).toHaveLength(2);
  expect(newest()).toMatchObject({ readiness: 'ready', ports: { staleReason: null } });
  expect(snapshots.map(({ readiness }) => readiness)).not.toContain('unreachable');
});

test('disconnecting stops every attempt and leaves no timer', async () => {
  monitor.connect();
  await settle();
  monitor.disconnect();
  await settle();
  expect(newest().connection.phase).toBe('idle');
  expect(sessions[0]!.isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sessions).toHaveLength(1);
});

test('connecting again right after disconnecting uses the later session', async () => {
  monitor.connect();
  await settle();
  monitor.disconnect();
  monitor.connect();
  await settle();
  expect(sessions).toHaveLength(2);
  await expect(monitor.ping({ timeoutMs: 1000 })).resolves.toMatchObject({ rttMs: 1 });
});

test('ensuring shows as starting, with the guest words cleaned, and ends', async () => {
  monitor.connect();
  await settle();
  snapshots.length = 0;
  await monitor.ensureRuntime({ timeoutMs: 1000, startIfNeeded: true });
  expect(snapshots[0]).toMatchObject({ readiness: 'starting' });
  expect(snapshots.map(({ operation }) => operation?.detail)).toContain('pulling up');
  expect(newest().operation).toBeNull();
});

test('acting on a sandbox that is not connected says why it is not', async () => {
  nextConnect = () => Promise.reject(new AgentError('unreachable', 'nobody there'));
  monitor.connect();
  await settle();
  await expect(monitor.ping({ timeoutMs: 1000 })).rejects.toThrow(/box is not connected.*nobody there/);
});
