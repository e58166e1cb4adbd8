import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Turnstile } from '../../../src/base/turnstile.ts';

const never = new AbortController().signal;
const forever = (): Promise<void> => new Promise(() => undefined);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('lets only so many in at once, and the others in their order', async () => {
  const turnstile = new Turnstile({ maxAtOnce: 2, maxHoldMs: 1000 });
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  for (let i = 0; i < 4; i++) {
    const work = (): Promise<void> => {
      begun.push(i);
      return new Promise((resolve) => ends.push(resolve));
    };
    void turnstile.run(work, never);
  }
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual([0, 1]);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual([0, 1, 2]);
});

test('one that takes long keeps nobody waiting, and counts no place twice when it ends', async () => {
  const turnstile = new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 });
  let endSlow: () => void = () => undefined;
  const slow = turnstile.run(() => new Promise<void>((resolve) => (endSlow = resolve)), never);
  const begun: string[] = [];
  void turnstile.run(() => {
    begun.push('second');
    return forever();
  }, never);
  void turnstile.run(() => {
    begun.push('third');
    return forever();
  }, never);
  await vi.advanceTimersByTimeAsync(999);
  expect(begun).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(begun).toEqual(['second']);
  endSlow();
  await slow;
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual(['second']);
});

test('who gives up while waiting takes no place, and work that fails gives its place back', async () => {
  const turnstile = new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 });
  const failing = turnstile.run(() => Promise.reject(new Error('failed')), never);
  const giveUp = new AbortController();
  const given = turnstile.run(() => Promise.resolve('looked at its signal'), giveUp.signal);
  giveUp.abort();
  await expect(failing).rejects.toThrow('failed');
  await expect(given).resolves.toBe('looked at its signal');
  await expect(turnstile.run(() => Promise.resolve('next'), never)).resolves.toBe('next');
  expect(vi.getTimerCount()).toBe(0);
});

test('who comes with an aborted signal, or gives up in the queue, does not wait, and nobody else is let in for it', async () => {
  const turnstile = new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 });
  void turnstile.run(forever, never);
  const begun: string[] = [];
  const come = (name: string, signal: AbortSignal): void => {
    void turnstile.run(() => {
      begun.push(name);
      return Promise.resolve();
    }, signal);
  };
  const giveUp = new AbortController();
  come('gives up', giveUp.signal);
  come('waits', never);
  come('aborted', AbortSignal.abort());
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual(['aborted']);
  giveUp.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual(['aborted', 'gives up']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun).toEqual(['aborted', 'gives up', 'waits']);
});

test('a signal that outlives its work keeps no listener', async () => {
  const turnstile = new Turnstile({ maxAtOnce: 1, maxHoldMs: 1000 });
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  await Promise.all([1, 2, 3].map(() => turnstile.run(() => Promise.resolve(), signal)));
  expect(added).toHaveBeenCalledTimes(2);
  expect(removed.mock.calls).toEqual(added.mock.calls.map(([type, listener]) => [type, listener]));
});
