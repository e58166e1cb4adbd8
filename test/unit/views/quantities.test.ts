import { expect, test } from 'vitest';
import {
  bytesText,
  clockOffsetText,
  coarseDurationText,
  durationText,
  roundTripText,
  timeText,
} from '../../../src/views/quantities.ts';

test('durations are said in their two largest units', () => {
  const seconds = [0, 59, 60, 3599, 3600, 86_399, 86_400, 90_000_000];
  expect(seconds.map((value) => durationText(value * 1000))).toEqual([
    '0 s',
    '59 s',
    '1 min 0 s',
    '59 min 59 s',
    '1 h 0 min',
    '23 h 59 min',
    '1 d 0 h',
    '1041 d 16 h',
  ]);
  expect(durationText(-5)).toBe('0 s');
});

test('coarse durations leave seconds out', () => {
  expect([59_000, 61_000, 3_700_000].map(coarseDurationText)).toEqual([
    'less than a minute',
    '1 min',
    '1 h 1 min',
  ]);
});

test('round trips show a tenth only below 10 ms', () => {
  expect([0.04, 9.96, 10.4].map(roundTripText)).toEqual(['0.0 ms', '10.0 ms', '10 ms']);
});

test('bytes are said in MiB or GiB', () => {
  expect([bytesText(512n * 2n ** 20n), bytesText(2n ** 63n)]).toEqual(['512.0 MiB', '8589934592.0 GiB']);
});

test('clock offsets say which way', () => {
  expect([49, -49, 50, -2600, 90_000].map(clockOffsetText)).toEqual([
    'in step',
    'in step',
    '0.1 s ahead',
    '2.6 s behind',
    '1 min 30 s ahead',
  ]);
});

test('moments are those of a clock of 24 hours, with their date when that is another one', () => {
  const now = new Date(2026, 10, 4, 23, 59, 59).getTime();
  expect(timeText(new Date(2026, 10, 4, 14, 3, 22).getTime(), now)).toBe('14:03:22');
  expect(timeText(new Date(2026, 10, 4, 0, 0, 5).getTime(), now)).toBe('00:00:05');
  expect(timeText(new Date(2026, 10, 3, 23, 59, 59).getTime(), now)).toBe('2026-11-03 23:59:59');
  expect(timeText(new Date(2027, 0, 1, 9, 0, 0).getTime(), now)).toBe('2027-01-01 09:00:00');
});

test('a moment that cannot be is not known', () => {
  expect([Infinity, -Infinity, NaN, -1e18].map((atMs) => timeText(atMs))).toEqual(Array(4).fill('unknown'));
});
