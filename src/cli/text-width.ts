import { joined, plain, plainText, type PlainText } from '../base/text.ts';
import { spanText, type Line, type Span } from './styled.ts';

/** Marks that a terminal draws over the character before them. */
const mark = /\p{M}/u;
/** Characters of East Asian scripts and pictures, which a terminal draws two columns wide. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ascii = /^[ -~]*$/;

/** Columns that a terminal needs for a text. */
export function textWidth(text: PlainText): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (mark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** So many spaces. */
export function spaces(count: number): PlainText {
  return joined(new Array<PlainText>(Math.max(count, 0)).fill(plain` `), '');
}

/** The line, of at most so many columns; one that was cut ends with an ellipsis. */
export function cutLine(line: Line, columns: number): Line {
  const total = line.reduce((sum, span) => sum + textWidth(spanText(span)), 0);
  if (total <= columns) return line;
  const kept: Span[] = [];
  let room = Math.max(columns - 1, 0);
  for (const span of line) {
    const text = spanText(span);
    const part = leading(text, room);
    kept.push(typeof span === 'string' ? part : { ...span, text: part });
    room -= textWidth(part);
    if (part !== text) break;
  }
  return columns > 0 ? [...kept, plain`…`] : [];
}

/** As many leading characters as `columns` hold. */
function leading(text: PlainText, columns: number): PlainText {
  let room = columns;
  let end = 0;
  for (const character of text) {
    room -= characterWidth(character);
    if (room < 0) break;
    end += character.length;
  }
  // What was text that may be shown still is, but for the spaces at its end, which count here.
  const cut = text.slice(0, end);
  const trimmed = cut.trimEnd();
  return plain`${plainText(trimmed, trimmed.length)}${spaces(cut.length - trimmed.length)}`;
}
