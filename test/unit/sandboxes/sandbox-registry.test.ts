import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { plainText } from '../../../src/base/text.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxRegistry } from '../../../src/sandboxes/watch/sandbox-registry.ts';
import type { SandboxSpec } from '../../../src/sandboxes/model/snapshot.ts';
import { FakeSession } from './fake-session.ts';

let registry: SandboxRegistry;
let sessions: Map<string, FakeSession>;

const spec = (id: string): SandboxSpec => ({
  id,
  name: plainText(id, 100),
  endpoint: parseEndpoint(`arcbox+unix:///${id}.sock`),
  source: 'settings',
});

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  sessions = new Map();
  registry = new SandboxRegistry({
    connect: (endpoint) => {
      const session = new FakeSession();
      if (endpoint.transport.kind === 'unix') sessions.set(endpoint.transport.path, session);
      return Promise.resolve(session);
    },
    logger: silentLogger,
    calls: new CallLog(),
    random: () => 0.5,
  });
});
afterEach(() => {
  registry.dispose();
  vi.useRealTimers();
});

/** How often each sandbox was asked for its system, which only somebody who looks needs, in the next minute. */
async function systemCallsOfAMinute(): Promise<Record<string, number>> {
  for (const { calls } of sessions.values()) calls.length = 0;
  await vi.advanceTimersByTimeAsync(60_000);
  return Object.fromEntries(
    [...sessions].map(([path, { calls }]) => [path, calls.filter((call) => call === 'system').length]),
  );
}

test('only what somebody looks at is watched closely, also when it appears later', async () => {
  registry.setSource('settings', [spec('a')]);
  registry.setOnlooker('panel', (id) => id === 'b');
  registry.setSource('settings', [spec('a'), spec('b')]);
  await vi.advanceTimersByTimeAsync(100);
  expect(await systemCallsOfAMinute()).toEqual({ '/a.sock': 0, '/b.sock': 12 });
});

test('attention ends when the last onlooker turns away', async () => {
  registry.setSource('settings', [spec('a'), spec('b')]);
  await vi.advanceTimersByTimeAsync(0);
  registry.setOnlooker('tree', () => true);
  registry.setOnlooker('panel', (id) => id === 'b');
  registry.setOnlooker('tree', () => false);
  await vi.advanceTimersByTimeAsync(100);
  expect(await systemCallsOfAMinute()).toEqual({ '/a.sock': 0, '/b.sock': 12 });
  registry.setOnlooker('panel', () => false);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await systemCallsOfAMinute()).toEqual({ '/a.sock': 0, '/b.sock': 0 });
});

test('many that change at once are told of a few at a time, all of them, with a turn for others between', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `s${index}`);
  registry.setSource('settings', ids.map(spec));
  await vi.advanceTimersByTimeAsync(1000);
  const parts: ReadonlySet<string>[] = [];
  const order: (number | 'others')[] = [];
  registry.onDidChange(({ changed }) => {
    parts.push(changed);
    order.push(changed.size);
    setImmediate(() => order.push('others'));
  });
  for (const id of ids) registry.monitor(id)?.disconnect();
  await vi.advanceTimersByTimeAsync(1000);
  expect(order).toEqual([25, 'others', 25, 'others', 10, 'others']);
  expect(new Set(parts.flatMap((part) => [...part]))).toEqual(new Set(ids));
});

test('a list that changes is told at once, whatever is still due', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `s${index}`);
  registry.setSource('settings', ids.map(spec));
  await vi.advanceTimersByTimeAsync(1000);
  const told: (readonly [listChanged: boolean, count: number])[] = [];
  registry.onDidChange(({ listChanged, changed }) => told.push([listChanged, changed.size]));
  for (const id of ids) registry.monitor(id)?.disconnect();
  registry.setSource('settings', ids.slice(0, 30).map(spec));
  await vi.advanceTimersByTimeAsync(1000);
  expect(told[0]?.[0]).toBe(true);
  expect(told.slice(1).every(([listChanged]) => !listChanged)).toBe(true);
});
