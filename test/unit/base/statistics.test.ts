import { expect, test } from 'vitest';
import { summarize } from '../../../src/base/statistics.ts';

test('a burst is summed up by its minimum, median, 99th percentile and maximum', () => {
  expect(summarize([5, 1, 3])).toEqual({ min: 1, median: 3, p99: 5, max: 5 });
  expect(summarize([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, p99: 4, max: 4 });
  expect(summarize([7])).toEqual({ min: 7, median: 7, p99: 7, max: 7 });
  const hundreds = Array.from({ length: 200 }, (_, index) => index + 1);
  expect(summarize(hundreds)).toEqual({ min: 1, median: 100.5, p99: 198, max: 200 });
});
