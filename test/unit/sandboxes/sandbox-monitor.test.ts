import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import type { ListeningPorts } from '../../../src/agent/facts.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { plain } from '../../../src/base/text.ts';
import { Turnstile } from '../../../src/base/turnstile.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxMonitor, type MonitorDependencies } from '../../../src/sandboxes/watch/sandbox-monitor.ts';
import type { SandboxSnapshot, SandboxSpec } from '../../../src/sandboxes/model/snapshot.ts';
import { deferred } from '../../support/deferred.ts';
import { bindingOf, FakeSession } from './fake-session.ts';
import { publishing } from '../../support/reports.ts';

let sessions: FakeSession[];
let snapshots: SandboxSnapshot[];
let nextConnect: () => Promise<FakeSession>;
let monitor: SandboxMonitor;

const spec: SandboxSpec = {
  id: 'a',
  name: plain`box`,
  endpoint: { protocol: 'arcbox', transport: { kind: 'unix', path: '/fake.sock' } },
  source: 'settings',
};

const dependencies = (): MonitorDependencies => ({
  connect: () => nextConnect(),
  logger: silentLogger,
  calls: new CallLog(),
  attempts: new Turnstile({ maxAtOnce: 4, maxHoldMs: 1000 }),
  polls: new Turnstile({ maxAtOnce: 4, maxHoldMs: 1000 }),
  onChange: () => undefined,
  random: () => 0.5,
});

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
  monitor = new SandboxMonitor(spec, {
    ...dependencies(),
    onChange: () => {
      snapshots.push(monitor.snapshot);
    },
  });
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
  sessions[0]!.emitPorts({ kind: 'changed', containerId: 'c', report: publishing(bindingOf(80, 81)) });
  await vi.advanceTimersByTimeAsync(10_000);
  sessions[0]!.lose(new AgentError('connection_closed', plain`gone`));
  await settle();
  expect(newest()).toMatchObject({
    readiness: 'unreachable',
    isStale: true,
    connection: { phase: 'backoff' },
  });
  expect(newest().ports).toMatchObject({ kind: 'known', book: { containers: [{ containerId: 'c' }] } });
  expect(newest().runtime?.value.dockerReady).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  expect(sessions).toHaveLength(2);
  expect(newest()).toMatchObject({ readiness: 'ready', isStale: false, ports: { book: { containers: [] } } });
});

test('waits longer after each failed attempt, and tries at once when asked to', async () => {
  let attempts = 0;
  nextConnect = () => {
    attempts++;
    return Promise.reject(new AgentError('unreachable', plain`nobody there`));
  };
  monitor.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toBeGreaterThan(5);
  expect(attempts).toBeLessThan(12);
  expect(newest().connection.phase).toBe('backoff');
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

test('polls at moments that other sandboxes share, whenever they connected', async () => {
  const askedAtMs: number[] = [];
  const others = [0.13, 0.57, 0.91].map(
    (random) => new SandboxMonitor(spec, { ...dependencies(), random: () => random }),
  );
  for (const other of others) {
    await vi.advanceTimersByTimeAsync(37);
    other.connect();
  }
  await settle();
  for (const session of sessions) {
    session.answerStatus = () => {
      askedAtMs.push(Date.now());
      return Promise.resolve(session.status);
    };
  }
  await vi.advanceTimersByTimeAsync(60_000);
  for (const other of others) other.dispose();
  expect(askedAtMs.length).toBeGreaterThanOrEqual(9);
  expect(askedAtMs.filter((atMs) => atMs % 200 !== 0)).toEqual([]);
});

test('a status that the agent refuses keeps the connection and is told', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.failRuntimeWith = new AgentError('remote_error', plain`the guest is confused`);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(newest()).toMatchObject({ pollError: 'the guest is confused', connection: { phase: 'open' } });
  sessions[0]!.failRuntimeWith = undefined;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(newest().pollError).toBeNull();
});

test('a poll that times out gives the connection up', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.failRuntimeWith = new AgentError('timeout', plain`no answer`);
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
  session!.answerStatus = () => awake.promise.then(() => session!.status);
  await vi.advanceTimersByTimeAsync(15_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  session!.calls.length = 0;
  awake.resolve();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(session!.calls.slice(0, 1)).toEqual(['ping']);
});

test('a clock that a guest writes down is looked at again soon after this machine slept', async () => {
  const beats: (number | undefined)[] = [];
  const observed = new SandboxMonitor(spec, {
    ...dependencies(),
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
  sessions[0]!.emitPorts({ kind: 'stale', reason: new AgentError('malformed_payload', plain`damaged`) });
  expect(newest().ports).toMatchObject({ stale: { reason: 'damaged' } });
  await monitor.refresh();
  await settle();
  expect(sessions).toHaveLength(2);
  expect(newest()).toMatchObject({ readiness: 'ready', ports: { stale: null } });
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
  nextConnect = () => Promise.reject(new AgentError('unreachable', plain`nobody there`));
  monitor.connect();
  await settle();
  await expect(monitor.ping({ timeoutMs: 1000 })).rejects.toThrow(/box is not connected.*nobody there/);
});

test('a first answer that comes in the turn of disconnecting and connecting makes no difference', async () => {
  const answered = deferred();
  nextConnect = () => {
    const session = new FakeSession();
    sessions.push(session);
    const answer = session.ping.bind(session);
    if (sessions.length === 1) session.ping = () => answered.promise.then(answer);
    return Promise.resolve(session);
  };
  monitor.connect();
  await settle();
  answered.resolve();
  monitor.disconnect();
  monitor.connect();
  await settle();
  expect(newest().connection.phase).toBe('open');
  expect(sessions.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  await expect(monitor.ping({ timeoutMs: 1000 })).resolves.toMatchObject({ rttMs: 1 });
});

test('disconnecting while it waits for the next attempt makes none', async () => {
  let attempts = 0;
  nextConnect = () => {
    attempts++;
    return Promise.reject(new AgentError('unreachable', plain`nobody there`));
  };
  monitor.connect();
  await settle();
  expect(newest().connection.phase).toBe('backoff');
  monitor.disconnect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toBe(1);
});

test('an agent that hangs up after every first answer is asked ever more slowly', async () => {
  nextConnect = () => {
    const session = new FakeSession();
    sessions.push(session);
    setTimeout(() => {
      session.lose(new AgentError('connection_closed', plain`gone`));
    }, 5);
    return Promise.resolve(session);
  };
  monitor.connect();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(sessions.length).toBeLessThan(9);
});

test('what failed for good is looked at again when somebody looks, and slowly when nobody does', async () => {
  const refuse = (): Promise<never> => Promise.reject(new AgentError('unsupported', plain`another program`));
  nextConnect = refuse;
  monitor.connect();
  await settle();
  expect(newest().connection.phase).toBe('failed');
  nextConnect = () => Promise.resolve(new FakeSession());
  monitor.setAttention('visible');
  await settle();
  expect(newest().readiness).toBe('ready');
  monitor.disconnect();
  nextConnect = refuse;
  monitor.connect();
  await settle();
  nextConnect = () => Promise.resolve(new FakeSession());
  await vi.advanceTimersByTimeAsync(70_000);
  expect(newest().readiness).toBe('ready');
});

test('a sandbox that its own tool says is stopped is left alone until it runs', async () => {
  const discovered = { state: 'stopped', ports: null } as const;
  monitor.update({ ...spec, discovered });
  monitor.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sessions).toHaveLength(0);
  expect(newest()).toMatchObject({ readiness: 'unknown', connection: { phase: 'idle' } });
  monitor.update({ ...spec, discovered: { ...discovered, state: 'running' } });
  await settle();
  expect(newest().readiness).toBe('ready');
});

test('becoming visible in the middle of a poll polls closely right after it', async () => {
  monitor.connect();
  await settle();
  const [session] = sessions;
  const answered = deferred();
  session!.answerStatus = () => answered.promise.then(() => session!.status);
  await vi.advanceTimersByTimeAsync(15_000);
  session!.calls.length = 0;
  monitor.setAttention('visible');
  session!.answerStatus = () => Promise.resolve(session!.status);
  answered.resolve();
  await settle();
  expect(session!.calls).toContain('system');
});

test('a clock that was set is told as set, also when it cannot be measured afterwards', async () => {
  monitor.connect();
  await settle();
  sessions[0]!.failPingWith = new AgentError('connection_closed', plain`gone`);
  await expect(monitor.syncClock({ timeoutMs: 1000 })).resolves.toMatchObject({ confirmed: true });
});

test('the end of one of two ensures leaves the other in work', async () => {
  monitor.connect();
  await settle();
  const second = deferred();
  const first = monitor.ensureRuntime({ timeoutMs: 1000, startIfNeeded: true });
  const { ensure } = sessions[0]!.runtime;
  sessions[0]!.runtime.ensure = (options) => second.promise.then(() => ensure(options));
  const other = monitor.ensureRuntime({ timeoutMs: 1000, startIfNeeded: true });
  await first;
  expect(newest().operation).not.toBeNull();
  second.resolve();
  await other;
  expect(newest().operation).toBeNull();
});

test('what a guest answers to ensure may be shown', async () => {
  monitor.connect();
  await settle();
  await expect(monitor.ensureRuntime({ timeoutMs: 1000, startIfNeeded: true })).resolves.toMatchObject({
    message: 'went [31m well',
  });
});

test('a heartbeat that cannot be read holds up no poll', async () => {
  const observed = new SandboxMonitor(spec, {
    ...dependencies(),
    observe: () => new Promise(() => undefined),
  });
  observed.connect();
  await settle();
  sessions[0]!.calls.length = 0;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sessions[0]!.calls).toEqual(['runtime', 'runtime', 'runtime']);
  observed.dispose();
});

test('ports that nobody can tell are said to be unknown, with the reason', async () => {
  nextConnect = () => {
    const session = new FakeSession();
    return Promise.resolve(
      Object.assign(session, { ports: undefined, absent: { ports: plain`It does not say.` } }),
    );
  };
  monitor.connect();
  await settle();
  expect(newest().ports).toEqual({ kind: 'unknown', reason: 'It does not say.' });
});

test('the log is told a reason once, however often it comes', async () => {
  const lines: string[] = [];
  const talking = new SandboxMonitor(spec, {
    ...dependencies(),
    connect: () => Promise.reject(new AgentError('unreachable', plain`nobody there`)),
    logger: { ...silentLogger, info: (line) => lines.push(line) },
  });
  talking.connect();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(lines.filter((line) => line.includes('nobody there'))).toHaveLength(1);
  talking.dispose();
});

test('why the listening sockets could not be read stays until they are read, whatever polls succeed meanwhile', async () => {
  const refusal = new AgentError('remote_error', plain`not now`);
  let answer: () => Promise<ListeningPorts> = () => Promise.reject(refusal);
  nextConnect = () => {
    const session = new FakeSession();
    session.listening = { read: () => answer() };
    return Promise.resolve(session);
  };
  monitor.setAttention('visible');
  monitor.connect();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(newest()).toMatchObject({ readiness: 'ready', listeningError: 'not now' });
  answer = () => Promise.resolve({ sockets: [{ address: '::', port: 80 }], truncated: false });
  await monitor.refresh();
  expect(newest()).toMatchObject({ listeningError: null, listening: { value: { truncated: false } } });
});

test('the log is told every readiness, a reason once, and what came of an action', async () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, info: (line: string) => void lines.push(line) };
  const refuse = new AgentError('unreachable', plain`no socket`);
  const open = nextConnect;
  nextConnect = () => Promise.reject(refuse);
  monitor = new SandboxMonitor(spec, { ...dependencies(), logger });
  monitor.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  nextConnect = open;
  await vi.advanceTimersByTimeAsync(60_000);
  await monitor.ensureRuntime({ startIfNeeded: true, timeoutMs: 1000 });
  expect(lines.slice(0, 3)).toEqual([
    'box: unreachable, was unknown',
    expect.stringMatching(/^box: .*no socket$/),
    'box: still unreachable, 3 tries',
  ]);
  expect(lines.filter((line) => line.includes('no socket'))).toHaveLength(1);
  expect(lines).toContain('box: ready, was unknown');
  expect(lines).toContain('box: runtime ensured: started after 0 ms');
});
