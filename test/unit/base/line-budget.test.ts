import { expect, test } from 'vitest';
import { LineBudget } from '../../../src/base/line-budget.ts';

test('so many lines a minute are granted, and those beyond are told once, in the next minute', () => {
  const budget = new LineBudget(2);
  const take = (nowMs: number): unknown => Object.values(budget.take(nowMs));
  expect(take(60_000)).toEqual([true, 0]);
  expect(take(90_000)).toEqual([true, 0]);
  expect(take(119_999)).toEqual([false, 0]);
  expect(take(119_999)).toEqual([false, 0]);
  expect(take(120_000)).toEqual([true, 2]);
  expect(take(120_001)).toEqual([true, 0]);
  expect(take(999_999)).toEqual([true, 0]);
});
