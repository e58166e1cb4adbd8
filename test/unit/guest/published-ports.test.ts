import { expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { followEnginePorts, type PortUpdate } from '../../../src/guest/published-ports.ts';
import { FakeEngine } from '../docker/fake-engine.ts';

const a = 'a'.repeat(64);

/** Subscribes and keeps what comes; the subscription ends with the test. */
function subscribeTo(engine: FakeEngine): { updates: PortUpdate[]; stop: () => Promise<void> } {
  const stop = new AbortController();
  const updates: PortUpdate[] = [];
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
  });
});

it('completes an empty snapshot when there is no engine, and tells what it publishes once it is up', async () => {
  const engine = new FakeEngine();
  engine.goDown();
  const { updates } = subscribeTo(engine);
  await vi.waitFor(() => {
    expect(updates).toEqual([{ kind: 'snapshot', containers: new Map() }]);
  });
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
