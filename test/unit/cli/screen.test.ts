import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { screenOf } from '../../../src/cli/screen.ts';
import { linesText, styled, type Line } from '../../../src/cli/styled.ts';
import { alignedLines, tableLines } from '../../../src/cli/table.ts';
import { cutLine, textWidth } from '../../../src/cli/text-width.ts';

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { FORCE_COLOR: 'false' }, false],
])('a terminal %j with %j has colour: %j', (isTTY, env, hasColour) => {
  expect(screenOf({ isTTY, write: () => undefined }, env).hasColour).toBe(hasColour);
});

test('lines are drawn over on a terminal that can', () => {
  const write = (): void => undefined;
  expect(screenOf({ isTTY: true, write }, {}).canRedraw).toBe(true);
  expect(screenOf({ isTTY: true, write }, { TERM: 'dumb' }).canRedraw).toBe(false);
  expect(screenOf({ write }, { FORCE_COLOR: '1' }).canRedraw).toBe(false);
});

test('columns are counted as a terminal draws them', () => {
  expect(textWidth(plain`abc`)).toBe(3);
  expect(textWidth(plain`名前`)).toBe(4);
  expect(textWidth(plain`u\u0308b`)).toBe(2);
  expect(textWidth(plain`🙂`)).toBe(2);
});

test('a table is aligned whatever is styled in it, and no line ends with spaces', () => {
  const lines = tableLines(
    [plain`NAME`, plain`STATE`],
    [
      [plain`名前`, styled(plain`running`, 'good')],
      [plain`a`, plain``],
    ],
  );
  expect(linesText(lines, false)).toBe('NAME  STATE\n名前  running\na');
  expect(linesText(lines, true)).toContain('名前  \u001b[32mrunning\u001b[0m');
  expect(linesText(alignedLines([[plain`a`, plain`b`]], 2), false)).toBe('  a  b');
});

test('a line is cut to the columns of a terminal', () => {
  const line: Line = [plain`ab `, styled(plain`名前x`, 'bad'), plain`y`];
  const cut = (columns: number): string => linesText([cutLine(line, columns)], false);
  expect(cut(9)).toBe('ab 名前xy');
  expect(cut(8)).toBe('ab 名前…');
  expect(cut(7)).toBe('ab 名…');
  expect(cut(6)).toBe('ab 名…');
  expect(cut(4)).toBe('ab …');
  expect(cut(1)).toBe('…');
  expect(cut(0)).toBe('');
});
