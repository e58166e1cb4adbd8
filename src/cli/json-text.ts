import { reviewed, type PlainText } from '../base/text.ts';

/**
 * What JSON may hold unescaped and a terminal would act on, or a reader would not see: control characters (JSON itself
 * escapes the lower ones), bidirectional and other format characters, line separators, what is ignored when drawn, and
 * half characters. Line feeds are left, because the only ones are those between indented lines.
 */
const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** `value` as JSON of one line, or indented, that may be printed whoever chose its texts; it parses to the same value. */
export function jsonText(value: unknown, indent: 0 | 2 = 0): PlainText {
  const escaped = JSON.stringify(value, null, indent).replace(unsafe, escapeUnits);
  return reviewed(escaped, 'Every character that is not plainly visible is escaped.');
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
