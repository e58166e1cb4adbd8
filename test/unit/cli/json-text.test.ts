import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText } from '../../../src/cli/json-text.ts';

const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '\u001b',
        '\u007f',
        '\u009b',
        '\u202e',
        '\u2028',
        '\u2029',
        '\u200b',
        '\ufeff',
        '\u{e0041}',
        '\ud800',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

test('what is printed as JSON holds nothing that a terminal acts on, and parses to the same value', () => {
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.integer(),
      fc.array(tie('value')),
      fc.dictionary(text, tie('value')),
    ),
  })).value;
  fc.assert(
    fc.property(values, fc.constantFrom(0 as const, 2 as const), (value, indent) => {
      const printed: string = jsonText(value, indent);
      expect(printed).not.toMatch(/[^\n\P{Cc}]/u);
      expect(printed).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u);
      expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('one line is one line, and the rest stays readable', () => {
  expect(jsonText({ a: 'x\ny', b: '\u009b31m', c: 'ü容\u{1f600}' })).toBe(
    '{"a":"x\\ny","b":"\\u009b31m","c":"ü容\u{1f600}"}',
  );
  expect(jsonText({ a: '\u{e0041}' }, 2)).toBe('{\n  "a": "\\udb40\\udc41"\n}');
});
