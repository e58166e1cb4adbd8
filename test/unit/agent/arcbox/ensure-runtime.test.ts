import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureRuntimeOver } from '../../../../src/agent/arcbox/ensure-runtime.ts';
import type { EnsureOutcome } from '../../../../src/agent/facts.ts';
import {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
} from '../../../../src/agent/generated/arcbox/v1/agent.ts';
import type { EnsureOptions } from '../../../../src/agent/session.ts';
import { FakeChannel } from '../fake-channel.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const outcome = (status: string): Uint8Array =>
  RuntimeEnsureResponse.encode({ ready: status === 'started', endpoint: '', message: '', status }).finish();

/** A guest that says `starting` until `readyAtMs`, and takes `answerMs` for each answer. */
function guest(readyAtMs: number, answerMs = 0): FakeChannel {
  const channel = new FakeChannel();
  const startMs = performance.now();
  channel.answers['EnsureRuntime'] = async () => {
    const status = performance.now() - startMs >= readyAtMs ? 'started' : 'starting';
    if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
    return outcome(status);
  };
  return channel;
}

interface Ended {
  readonly afterMs: number;
  readonly outcome?: EnsureOutcome;
  readonly error?: unknown;
}

async function ensure(channel: FakeChannel, options: Partial<EnsureOptions> = {}): Promise<Ended> {
  const startMs = performance.now();
  const all = { timeoutMs: 10_000, startIfNeeded: true, ...options };
  const ended = ensureRuntimeOver(channel, channel, startMs + all.timeoutMs, all).then(
    (value) => ({ afterMs: performance.now() - startMs, outcome: value }),
    (error: unknown) => ({ afterMs: performance.now() - startMs, error }),
  );
  await vi.advanceTimersByTimeAsync(2 * all.timeoutMs);
  return ended;
}

describe('ensuring a runtime that takes its time', () => {
  test('ends with the first answer that is not "starting"', async () => {
    const channel = guest(2000);
    const { outcome: settled, afterMs } = await ensure(channel);
    expect(settled).toMatchObject({ ready: true, status: 'started' });
    expect(afterMs).toBeGreaterThanOrEqual(2000);
    expect(afterMs).toBeLessThan(3300);
  });

  test.each([500, 2600, 3000, 4000, 10_000])(
    'asks a last time just before its %d ms are over',
    async (timeoutMs) => {
      expect(await ensure(guest(timeoutMs - 150), { timeoutMs })).toMatchObject({
        outcome: { status: 'started' },
      });
    },
  );

  test.each([0, 90, 700])('is never longer than it may be, with answers of %d ms', async (answerMs) => {
    const { error, afterMs } = await ensure(guest(Infinity, answerMs), { timeoutMs: 3000 });
    expect(error).toMatchObject({
      code: 'timeout',
      message: 'The runtime is still starting after 3000 ms; the guest goes on by itself.',
    });
    expect(afterMs).toBeGreaterThan(1500);
    expect(afterMs).toBeLessThanOrEqual(3001);
  });

  test('leaves no listener, timer or report behind when it is cancelled', async () => {
    const channel = guest(Infinity);
    channel.answers['GetRuntimeStatus'] = () =>
      RuntimeStatusResponse.encode(RuntimeStatusResponse.create({ detail: 'pulling' })).finish();
    const stop = new AbortController();
    const details: string[] = [];
    setTimeout(() => {
      stop.abort();
    }, 2500);
    const { error, afterMs } = await ensure(channel, {
      signal: stop.signal,
      onProgress: ({ detail }) => details.push(detail),
    });
    expect(error).toMatchObject({ code: 'cancelled' });
    expect(afterMs).toBeLessThanOrEqual(2501);
    expect(details).toEqual(['pulling', 'pulling', 'pulling']);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
