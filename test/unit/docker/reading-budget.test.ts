import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadingBudget } from '../../../src/docker/reading-budget.ts';

const rate = { burstBytes: 1000, bytesPerSecond: 100 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Milliseconds until nothing is owed. */
async function waitMs(budget: ReadingBudget, signal?: AbortSignal): Promise<number> {
  const beganMs = performance.now();
  const settled = budget.settled(signal).then(() => performance.now() - beganMs);
  await vi.runAllTimersAsync();
  return settled;
}

describe('ReadingBudget', () => {
  it('lets a burst through at once', async () => {
    const budget = new ReadingBudget(rate);
    budget.spend(1000);
    expect(await waitMs(budget)).toBe(0);
  });

  it('makes the next reading wait for what was read beyond it', async () => {
    const budget = new ReadingBudget(rate);
    budget.spend(1050);
    expect(await waitMs(budget)).toBe(500);
    expect(await waitMs(budget)).toBe(0);
  });

  it('earns while nothing is read, and no more than a burst', async () => {
    const budget = new ReadingBudget(rate);
    budget.spend(1000);
    vi.advanceTimersByTime(3_600_000);
    budget.spend(1200);
    expect(await waitMs(budget)).toBe(2000);
  });

  it('waits no longer than its signal lets it', async () => {
    const budget = new ReadingBudget(rate);
    const stop = new AbortController();
    budget.spend(1_000_000);
    setTimeout(() => {
      stop.abort();
    }, 10);
    expect(await waitMs(budget, stop.signal)).toBe(10);
  });
});
