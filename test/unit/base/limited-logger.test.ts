import { expect, test } from 'vitest';
import { limitedLogger, maxLinesPerMinute } from '../../../src/base/limited-logger.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { plain } from '../../../src/base/text.ts';

test('a flood of lines is cut at the limit of a minute, and what was left out is counted', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const add = (line: string): void => {
    lines.push(line);
  };
  const logger = limitedLogger({ ...silentLogger, info: add, warn: add }, () => nowMs);
  for (let i = 0; i < maxLinesPerMinute + 7; i++) logger.info(plain`line ${i}`);
  expect(lines).toHaveLength(maxLinesPerMinute);
  nowMs = 60_000;
  logger.info(plain`the next minute`);
  expect(lines.slice(maxLinesPerMinute)).toEqual([
    '7 more lines of the last minute were left out.',
    'the next minute',
  ]);
});
