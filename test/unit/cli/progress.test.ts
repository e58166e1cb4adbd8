import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { latencyText } from '../../../src/cli/format.ts';
import { lineIntervalMs, progressOn } from '../../../src/cli/progress.ts';

/** What work that tells once a second writes. */
function written(canRedraw: boolean, told: readonly [elapsedMs: number, words: string][]): string {
  let text = '';
  const size = (): { columns: number; rows: number } => ({ columns: 20, rows: 24 });
  const write = (part: string): void => {
    text += part;
  };
  const progress = progressOn({ canRedraw, hasColour: false, write, size });
  for (const [elapsedMs, words] of told)
    progress.tell(elapsedMs, words === 'a' ? plain`a` : plain`pulling dockerd now`);
  progress.end();
  return text;
}

test('elsewhere than on a terminal a line comes only for new words, and not every second', () => {
  const told: [number, string][] = [
    [1000, 'a'],
    [2000, 'b'],
    [1000 + lineIntervalMs, 'a'],
    [2000 + lineIntervalMs, 'b'],
    [3000 + 2 * lineIntervalMs, 'b'],
  ];
  expect(written(false, told)).toBe('1 s: a\n12 s: pulling dockerd now\n');
});

test('on a terminal one line is drawn over, and gone in the end', () => {
  expect(
    written(true, [
      [1000, 'a'],
      [2000, 'b'],
    ]),
  ).toBe('\r\u001b[K1 s: a\r\u001b[K2 s: pulling docke…\r\u001b[K');
});

test.each([
  [0.0831, '83 µs'],
  [4.24, '4.2 ms'],
  [27.4, '27 ms'],
  [1300, '1.3 s'],
  [125_000, '2 min 5 s'],
])('%f ms are %s', (ms, text) => {
  expect(latencyText(ms)).toBe(text);
});
