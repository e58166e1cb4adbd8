import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader } from '../../../src/base/lines.ts';

function readAll(chunks: readonly Uint8Array[], maxLineLength: number): [line: string, isCut: boolean][] {
  const lines: [string, boolean][] = [];
  const reader = new LineReader({ maxLineLength, onLine: (line, isCut) => lines.push([line, isCut]) });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return lines;
}

const whole = (text: string, maxLineLength: number): [string, boolean][] =>
  readAll([Buffer.from(text)], maxLineLength);

test('lines end with LF or CRLF, empty ones count, and the last needs no end', () => {
  expect(whole('a\r\n\nb\rc\n\r\nd', 10)).toEqual([
    ['a', false],
    ['', false],
    ['b\rc', false],
    ['', false],
    ['d', false],
  ]);
  expect(whole('', 10)).toEqual([]);
  expect(whole('a\n', 10)).toEqual([['a', false]]);
});

test('a line at the limit is whole, one above it is told once, cut, and never within a character', () => {
  expect(whole('abcd\r\nabcde\nabcdefghij\nx', 4)).toEqual([
    ['abcd', false],
    ['abcd', true],
    ['abcd', true],
    ['x', false],
  ]);
  expect(whole('abc\u{1f600}\n', 4)).toEqual([['abc', true]]);
});

test('a line without end keeps no more than its limit', () => {
  const lines: [number, boolean][] = [];
  const reader = new LineReader({
    maxLineLength: 100,
    onLine: (line, isCut) => lines.push([line.length, isCut]),
  });
  for (let i = 0; i < 1000; i++) reader.push(Buffer.alloc(1000, 'x'));
  expect(lines).toEqual([]);
  reader.end();
  expect(lines).toEqual([[100, true]]);
});

test('the lines do not depend on how the bytes are divided', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom('\n', '\r\n', '\r', '\u{1f600}', 'ü', '容'), fc.string()))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.nat({ max: 40 })),
      (input, limit, cuts) => {
        const bytes = Buffer.from(input);
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
          (a, b) => a - b,
        );
        const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
        expect(readAll(chunks, limit)).toEqual(readAll([bytes], limit));
      },
    ),
  );
});
