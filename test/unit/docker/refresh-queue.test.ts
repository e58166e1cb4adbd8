import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maxUnread, RefreshQueue } from '../../../src/docker/refresh-queue.ts';

let stop: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

function startQueue(refresh: (id: string) => Promise<void>): { queue: RefreshQueue; retries: number[] } {
  const retries: number[] = [];
  const onFailure = (_id: string, _error: unknown, retryMs: number): void => void retries.push(retryMs);
  const queue = new RefreshQueue({ refresh, onFailure, signal: stop.signal });
  queue.start();
  return { queue, retries };
}

describe('RefreshQueue', () => {
  it('tries again what failed, later each time, and forgets that when it succeeds', async () => {
    let isBroken = true;
    const { queue, retries } = startQueue(() =>
      isBroken ? Promise.reject(new Error('no')) : Promise.resolve(),
    );
    queue.request('a');
    await vi.advanceTimersByTimeAsync(70_000);
    expect(retries).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(60_000);
    isBroken = true;
    queue.request('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(retries.at(-1)).toBe(250);
  });

  it('remembers so many containers that failed, and no more', async () => {
    const { queue } = startQueue(() => Promise.reject(new Error('no')));
    const fail = async (count: number, prefix: string): Promise<void> => {
      for (let index = 0; index < count; index++) queue.request(`${prefix}${index}`);
      // Less than the first pause, so all that has been asked for is tried once and none twice.
      await vi.advanceTimersByTimeAsync(10);
    };
    await fail(maxUnread / 2, 'a');
    await fail(maxUnread / 2, 'b');
    expect(() => {
      queue.request('one more');
    }).toThrow(`More than ${maxUnread} containers changed at once.`);
  });
});
