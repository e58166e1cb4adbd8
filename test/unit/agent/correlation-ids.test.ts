import { expect, test } from 'vitest';
import { CorrelationIds } from '../../../src/agent/microsandbox/correlation-ids.ts';

test('ids are used in order, wrap inside the range and skip those still taken', () => {
  const ids = new CorrelationIds({ start: 10, endExclusive: 13 });
  expect([ids.take(), ids.take(), ids.take()]).toEqual([10, 11, 12]);
  ids.release(11);
  expect(ids.take()).toBe(11);
  ids.release(10);
  ids.release(12);
  expect([ids.take(), ids.take()]).toEqual([12, 10]);
});

test('a small range that is used up says so', () => {
  const ids = new CorrelationIds({ start: 1, endExclusive: 2 });
  ids.take();
  expect(() => ids.take()).toThrow(expect.objectContaining({ code: 'unsupported' }));
});

test('ids whose answer never comes do not pile up', () => {
  const ids = new CorrelationIds({ start: 1, endExclusive: 33_554_431 });
  const taken = Array.from({ length: 10_000 }, () => ids.take());
  expect(new Set(taken).size).toBe(10_000);
});
