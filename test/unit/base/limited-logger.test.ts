import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { limitedLogger } from '../../../src/base/limited-logger.ts';
import { silentLogger, type Logger } from '../../../src/base/logger.ts';
import { plain } from '../../../src/base/text.ts';

let lines: string[];
let logger: Logger;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const note =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  logger = limitedLogger({ ...silentLogger, debug: note('debug'), warn: note('warn') }, 2);
});

afterEach(() => {
  vi.useRealTimers();
});

it('passes on as many lines a minute as it may, and then tells how many it kept back', () => {
  for (let line = 1; line <= 5; line++) logger.debug(plain`${line}`);
  expect(lines).toEqual(['debug: 1', 'debug: 2']);
  vi.advanceTimersByTime(60_000);
  expect(lines.slice(2)).toEqual(['warn: 3 more lines like these were not written within a minute.']);
  logger.warn(plain`6`);
  expect(lines.at(-1)).toBe('warn: 6');
});

it('says nothing of a minute in which it kept nothing back', () => {
  logger.warn(plain`1`);
  vi.advanceTimersByTime(600_000);
  expect(lines).toEqual(['warn: 1']);
});
