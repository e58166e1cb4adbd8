import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { AgentError } from '../../../src/agent/errors.ts';
import type { SystemFacts } from '../../../src/agent/facts.ts';
import { plain, plainText, type PlainText } from '../../../src/base/text.ts';
import {
  historyMs,
  maxPoints,
  maxReadinessChanges,
  recordHistory,
} from '../../../src/sandboxes/model/history.ts';
import { initialSnapshot, type SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';

const start: SandboxSnapshot = {
  ...initialSnapshot({
    id: 'a',
    name: plain`box`,
    endpoint: parseEndpoint('arcbox+unix:///run/agent.sock'),
    source: 'settings',
  }),
  connection: { phase: 'open', attempt: 1, failures: 0, sinceMs: 0 },
};

/** The snapshot after `changes`, recorded as the monitor does. */
function after(before: SandboxSnapshot, changes: Partial<SandboxSnapshot>, nowMs = 0): SandboxSnapshot {
  const next = { ...before, ...changes };
  return { ...next, history: recordHistory(before, next, nowMs) };
}

const pinged = (value: number, atMs: number): Partial<SandboxSnapshot> => ({ roundTripMs: { value, atMs } });

const untold: SystemFacts<PlainText> = {
  ...{ kernelVersion: plain``, osName: plain``, osVersion: plain``, arch: plain``, hostname: plain`` },
  ...{ totalMemory: 0n, availableMemory: 0n, cpuCount: 0, loadAverage: [], uptime: 0n, ipAddresses: [] },
  distroInitPending: false,
};

const system = (info: Partial<SystemFacts<PlainText>>, atMs: number): Partial<SandboxSnapshot> => ({
  system: { value: { ...untold, ...info }, atMs },
});

test('notes round trips, load and memory with their times', () => {
  let snapshot = after(start, pinged(1.5, 1000));
  snapshot = after(
    snapshot,
    system({ loadAverage: [0.5, 9, 9], totalMemory: 100n, availableMemory: 25n }, 2000),
  );
  expect(snapshot.history).toMatchObject({
    roundTripMs: [{ value: 1.5, atMs: 1000 }],
    load: [{ value: 0.5, atMs: 2000 }],
    memoryUsed: [{ value: 0.75, atMs: 2000 }],
  });
});

test('notes nothing, and stays the same object, when other things change', () => {
  const first = after(start, { ...pinged(1, 1000), ...system({ loadAverage: [1] }, 1000) });
  const second = after(first, { cuts: 3, pollError: plain`no` });
  expect(second.history).toBe(first.history);
});

test('forgets what is older than the window, also after a long silence', () => {
  let snapshot = after(after(start, pinged(1, 0)), pinged(2, 1000));
  snapshot = after(snapshot, pinged(3, historyMs + 500));
  expect(snapshot.history.roundTripMs.map(({ value }) => value)).toEqual([2, 3]);
  snapshot = after(snapshot, pinged(4, 10 * historyMs));
  expect(snapshot.history.roundTripMs.map(({ value }) => value)).toEqual([4]);
});

test('keeps no more points than its limit however fast they come', () => {
  let snapshot = start;
  for (let atMs = 0; atMs < 2 * maxPoints; atMs++) snapshot = after(snapshot, pinged(atMs, atMs));
  const { roundTripMs } = snapshot.history;
  expect(roundTripMs).toHaveLength(maxPoints);
  expect(roundTripMs.at(-1)?.value).toBe(2 * maxPoints - 1);
});

test('leaves out what cannot be: loads that are no numbers, more memory free than there is', () => {
  const { history } = after(
    start,
    system({ loadAverage: [NaN], totalMemory: 10n, availableMemory: 11n }, 1000),
  );
  expect(history).toMatchObject({ load: [], memoryUsed: [] });
  expect(after(start, system({ loadAverage: [-1] }, 1000)).history.load).toEqual([]);
  expect(after(start, system({ loadAverage: [] }, 1000)).history.load).toEqual([]);
});

test('notes when readiness changed, not that it was judged again', () => {
  let snapshot = after(start, { readiness: 'ready' }, 1000);
  snapshot = after(snapshot, { readiness: 'ready', cuts: 1 }, 2000);
  snapshot = after(snapshot, { readiness: 'unreachable' }, 3000);
  expect(snapshot.history.readiness).toEqual([
    { value: 'ready', atMs: 1000, error: null, shortfall: null },
    { value: 'unreachable', atMs: 3000, error: null, shortfall: null },
  ]);
});

test('leaves out the first round trip of a connection, which measures how it warms up', () => {
  const closed: SandboxSnapshot = {
    ...start,
    connection: { phase: 'connecting', attempt: 1, failures: 0, lastError: null },
  };
  const opened = after(closed, { ...pinged(40, 1000), connection: start.connection });
  expect(opened.history.roundTripMs).toEqual([]);
  expect(after(opened, pinged(0.4, 2000)).history.roundTripMs).toEqual([{ value: 0.4, atMs: 2000 }]);
});

test('notes what a readiness came from, and of many services only the first', () => {
  const lastError = new AgentError('unreachable', plain`Nothing exists at this path.`);
  const backoff = { phase: 'backoff', attempt: 1, failures: 1, retryAtMs: 2000, lastError } as const;
  const lost = after(start, { readiness: 'unreachable', connection: backoff }, 1000);
  expect(lost.history.readiness[0]).toMatchObject({ error: lastError, shortfall: null });

  const services = ['dockerd', 'buildkit', 'k3s', 'dns'].map((name) => ({
    ...{ name: plainText(name, 20), status: plain`not_ready`, detail: plain`no socket` },
  }));
  const runtime = { containerdReady: true, dockerReady: false, endpoint: plain``, detail: plain``, services };
  const { history } = after(start, { readiness: 'degraded', runtime: { value: runtime, atMs: 1000 } }, 1000);
  expect(history.readiness[0]).toMatchObject({
    error: null,
    shortfall: {
      services: [
        { name: 'dockerd', status: 'not_ready' },
        { name: 'buildkit', status: 'not_ready' },
      ],
      others: 2,
    },
  });
});

test('keeps the latest changes of a readiness that flickers', () => {
  let snapshot = start;
  for (let nowMs = 0; nowMs < 3 * maxReadinessChanges; nowMs++)
    snapshot = after(snapshot, { readiness: nowMs % 2 === 0 ? 'ready' : 'starting' }, nowMs);
  expect(snapshot.history.readiness).toHaveLength(maxReadinessChanges);
  expect(snapshot.history.readiness.at(-1)).toMatchObject({
    value: 'starting',
    atMs: 3 * maxReadinessChanges - 1,
  });
});
