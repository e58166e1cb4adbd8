import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { ClockSyncResult } from '../../../src/agent/session.ts';
import { plain } from '../../../src/base/text.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { SandboxRegistry } from '../../../src/sandboxes/watch/sandbox-registry.ts';
import { syncClocksOnWake } from '../../../src/sandboxes/watch/wake-clock-sync.ts';
import { FakeSession } from './fake-session.ts';

/** A session whose clock is off by `clockOffsetMs` and can be set. */
class ClockSession extends FakeSession {
  override clockOffsetMs: number | null = 0;
  syncs = 0;
  override readonly clock = {
    isReported: true,
    sync: (): Promise<ClockSyncResult> => {
      this.syncs++;
      return Promise.resolve({
        sentUnixNanos: 0n,
        resolution: 'second',
        confirmed: true,
        driftBeforeMs: null,
      });
    },
  };
}

let session: ClockSession;
let registry: SandboxRegistry;
let isWanted: boolean;

/** As if this machine had slept for an hour while a timer was waiting. */
async function sleepAndWake(): Promise<void> {
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(20_000);
}

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  session = new ClockSession();
  isWanted = true;
  registry = new SandboxRegistry({
    connect: () => Promise.resolve(session),
    logger: silentLogger,
    calls: new CallLog(),
    random: () => 0.5,
  });
  syncClocksOnWake(registry, () => isWanted, silentLogger);
  const { endpoint } = session;
  registry.setSource('settings', [{ id: 'a', name: plain`box`, endpoint, source: 'settings' }]);
  await vi.advanceTimersByTimeAsync(100);
});
afterEach(() => {
  registry.dispose();
  vi.useRealTimers();
});

test('a clock that stayed behind while this machine slept is set, once', async () => {
  session.clockOffsetMs = -3_600_000;
  await sleepAndWake();
  expect(session.syncs).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(session.syncs).toBe(1);
});

test('a clock that the agent does not report is set too', async () => {
  session.clockOffsetMs = null;
  await sleepAndWake();
  expect(session.syncs).toBe(1);
});

test('a clock that is ahead is never stepped back unasked, and one that is right is left alone', async () => {
  session.clockOffsetMs = 60_000;
  await sleepAndWake();
  session.clockOffsetMs = -1000;
  await sleepAndWake();
  expect(session.syncs).toBe(0);
});

test('nothing is set without a sleep, or when it is not wanted', async () => {
  session.clockOffsetMs = -60_000;
  await vi.advanceTimersByTimeAsync(60_000);
  isWanted = false;
  await sleepAndWake();
  expect(session.syncs).toBe(0);
});

test('a connection that did not survive the sleep is renewed first', async () => {
  session.clockOffsetMs = -60_000;
  session.failPingWith = new AgentError('timeout', plain`no answer`);
  await sleepAndWake();
  expect(session.syncs).toBe(0);
  session = new ClockSession();
  session.clockOffsetMs = -60_000;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(session.syncs).toBe(1);
});
