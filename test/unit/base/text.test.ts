import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  joined,
  plain,
  plainText,
  quoted,
  reviewed,
  TextCleaner,
  type PlainText,
} from '../../../src/base/text.ts';

/** What no shown text may hold, told by what Unicode says of a character and not by the border's own list. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u061c\u200e\u200f\ufff9-\ufffb]/u;

/** Characters that are left though Unicode would have them ignored: they choose how the letter before them looks. */
const variationSelectors = /[\ufe00-\ufe0f\u180b-\u180f]/gu;

const guestText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '\u001b]0;title\u0007',
        '\u009b31m',
        '\u202e',
        '\u2066',
        '\u2028',
        '\0',
        '\r\n',
        '\ud83d',
        '\ude00',
      ),
      fc.constantFrom(
        '\u{e0001}',
        '\u200b',
        '\ufeff',
        '\u{1f600}',
        '  ',
        'e\u0301\u0301\u0301\u0301\u0301\u0301',
        'plain',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('somebody else’s words', () => {
  test('lose what cannot be seen or would act, and are as short as asked', () => {
    fc.assert(
      fc.property(guestText, fc.integer({ min: 1, max: 100 }), (text, maxLength) => {
        const cleaned = plainText(text, maxLength);
        expect(cleaned.length).toBeLessThanOrEqual(maxLength);
        expect(cleaned.replace(variationSelectors, '')).not.toMatch(unseen);
        expect(cleaned).not.toMatch(/\p{M}{5}/u);
        expect(plainText(cleaned, maxLength)).toBe(cleaned);
      }),
    );
  });

  test('stay apart, and letters of every script stay', () => {
    expect(plainText('a\u0000\r\nb\u202Ec', 50)).toBe('a b c');
    expect(plainText(' a  b\t', 50)).toBe('a b');
    expect(plainText('容器 Gerät \u{1f600}', 50)).toBe('容器 Gerät \u{1f600}');
    expect(plainText('e\u0301\u0301\u0301\u0301\u0301\u0301x', 50)).toBe('e\u0301\u0301\u0301\u0301x');
    expect(plainText('', 50)).toBe('');
  });

  test.each([
    ['abcde', 5, 'abcde'],
    ['abcdef', 5, 'abcd…'],
    ['äbcde', 5, 'äbcde'],
    ['äbcdef', 5, 'äbcd…'],
    ['abcd\u{1f600}\u{1f600}', 6, 'abcd…'],
    ['abc\u{1f600}\u{1f600}', 6, 'abc\u{1f600}…'],
    ['abc\u{1f600}', 5, 'abc\u{1f600}'],
    ['\u{1f600}\u{1f600}', 1, '…'],
    // More than twice the limit is cut before it is read, whatever is left of it.
    ['\u0000'.repeat(11), 5, '…'],
    ['abcd\u{1f600}'.padStart(11), 5, 'abcd…'],
    [`${' '.repeat(8)}ab`, 5, 'ab'],
    [`${' '.repeat(8)}abc`, 5, 'ab…'],
  ])('%j within %i is %j', (text, maxLength, expected) => {
    expect(plainText(text, maxLength)).toBe(expected);
  });

  test('in quotes are told from ours', () => {
    expect(quoted('say "no"\\', 50)).toBe('"say \\"no\\"\\\\"');
    fc.assert(
      fc.property(guestText, (text) => {
        expect(JSON.parse(quoted(text, 50))).toBe(plainText(text, 50));
      }),
    );
  });
});

describe('a cleaner', () => {
  test('counts what was cut, and only that', () => {
    const cleaner = new TextCleaner();
    expect(cleaner.text('x'.repeat(10_000), 10)).toBe(`${'x'.repeat(9)}…`);
    expect(cleaner.text('x'.repeat(10), 10)).toBe('x'.repeat(10));
    expect(cleaner.text('a\u0000b', 10)).toBe('a b');
    expect(cleaner.cuts).toBe(1);
    const three = [1, 2, 3];
    expect(cleaner.list(three, 3)).toBe(three);
    expect(cleaner.list(three, 1)).toEqual([1]);
    expect(cleaner.cuts).toBe(3);
    expect(cleaner.valid([1, 2, 3], (value) => value !== 2)).toEqual([1, 3]);
    expect(cleaner.cuts).toBe(4);
  });
});

describe('our words', () => {
  test('take parts that may be shown, and are put together', () => {
    const name: PlainText = plainText('web\n', 10);
    expect(plain`${name}: ${2} of ${3n}\n${'literal'}`).toBe('web: 2 of 3\nliteral');
    expect(joined([name, name], ', ')).toBe('web, web');
  });

  test('do not take what anybody else says: it does not compile', () => {
    const raw = ['raw'].join('');
    // @ts-expect-error -- a string may hold anything
    expect(plain`${raw}`).toBe('raw');
    // @ts-expect-error -- and so may one with a gap in it
    expect(plain`${`0x${raw}` as const}`).toBe('0xraw');
    // @ts-expect-error -- only the border makes what may be shown
    const shown: PlainText = raw;
    expect(shown).toBe('raw');
  });

  test('are taken as they are only with a reason', () => {
    expect(reviewed('a', 'A letter.')).toBe('a');
    expect(() => reviewed('a', '')).toThrow(/justification/);
  });
});
