import { expect, it, onTestFinished, vi } from 'vitest';
import type { PortChange } from '../../../src/agent/facts.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { followEnginePorts } from '../../../src/guest/published-ports.ts';
import { FakeEngine } from '../docker/fake-engine.ts';

const a = 'a'.repeat(64);

/** Subscribes and keeps what comes; the subscription ends with the test. */
function subscribeTo(engine: FakeEngine): { updates: PortChange[]; stop: () => Promise<void> } {
  const stop = new AbortController();
  const updates: PortChange[] = [];
  const ports = followEnginePorts(engine, stop.signal, silentLogger);
  const subscribed = (async () => {
    for await (const update of ports.subscribe(stop.signal)) updates.push(update);
  })();
  const end = async (): Promise<void> => {
    stop.abort();
    await subscribed;
  };
  onTestFinished(end);
  return { updates, stop: end };
}

it('waits for the first listing, so that a snapshot asked for early is not empty for no reason', async () => {
  const engine = new FakeEngine();
  engine.setContainer(a, 8080);
  let open = (): void => undefined;
  engine.gate = new Promise((resolve) => (open = resolve));
  const { updates } = subscribeTo(engine);
  await vi.waitUntil(() => engine.calls.includes('list'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(updates).toEqual([]);
  open();
  await vi.waitFor(() => {
    expect(updates).toEqual([{ kind: 'snapshot', containers: new Map([[a, expect.anything()]]) }]);
  }, 8000);
});

it('completes an empty snapshot when there is no engine, and tells what it publishes once it is up', async () => {
  const engine = new FakeEngine();
  engine.goDown();
  const { updates } = subscribeTo(engine);
  await vi.waitFor(() => {
    expect(updates).toEqual([{ kind: 'snapshot', containers: new Map() }]);
  }, 8000);
  engine.setContainer(a, 8080);
  engine.comeBack();
  await vi.waitFor(() => {
    expect(updates[1]).toMatchObject({ kind: 'changed', containerId: a });
  }, 5000);
});

it('ends the subscription with its signal', async () => {
  const { updates, stop } = subscribeTo(new FakeEngine());
  await vi.waitUntil(() => updates.length > 0);
  await stop();
  expect(updates).toEqual([{ kind: 'snapshot', containers: new Map() }]);
});

it('tells that what was known may be out of date while the engine is down, and when it is current again', async () => {
  const engine = new FakeEngine();
  engine.setContainer(a, 8080);
  const { updates } = subscribeTo(engine);
  await vi.waitUntil(() => updates.length > 0);
  const beforeMs = Date.now();
  engine.goDown();
  await vi.waitFor(() => {
    expect(updates.at(-1)?.kind).toBe('stale');
  }, 8000);
  expect((updates.at(-1) as { sinceMs?: number }).sinceMs).toBeGreaterThanOrEqual(beforeMs);
  engine.containers.delete(a);
  engine.comeBack();
  await vi.waitFor(() => {
    expect(updates.slice(-2)).toEqual([
      { kind: 'changed', containerId: a, report: null },
      { kind: 'current' },
    ]);
  }, 5000);
});

it('tells who comes while the engine is down what it knew, and since when that may be out of date', async () => {
  const engine = new FakeEngine();
  engine.setContainer(a, 8080);
  const stop = new AbortController();
  const ports = followEnginePorts(engine, stop.signal, silentLogger);
  const first = ports.subscribe(stop.signal)[Symbol.asyncIterator]();
  await first.next();
  engine.goDown();
  let stale: PortChange = { kind: 'current' };
  while (stale.kind !== 'stale') stale = (await first.next()).value as PortChange;
  const second = ports.subscribe(stop.signal)[Symbol.asyncIterator]();
  expect((await second.next()).value).toMatchObject({
    kind: 'snapshot',
    containers: new Map([[a, expect.anything()]]),
  });
  expect((await second.next()).value).toEqual(stale);
  stop.abort();
});
