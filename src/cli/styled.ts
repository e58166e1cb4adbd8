import { reviewed, type PlainText } from '../base/text.ts';

/** What a text is to stand out as. */
export type Style = 'strong' | 'faint' | 'good' | 'warning' | 'bad';

/** A text, and how it stands out where there is colour. */
export interface Styled {
  readonly text: PlainText;
  readonly style: Style;
}

/** A piece of a line. */
export type Span = PlainText | Styled;

/** A line for people, before it is known whether it may have colour. */
export type Line = readonly Span[];

/** Parameters of the terminal's SGR sequence; the sixteen colours that follow the reader's theme. */
const parameters: Readonly<Record<Style, number>> = { strong: 1, faint: 2, good: 32, warning: 33, bad: 31 };

/** `text` that is to stand out. */
export function styled(text: PlainText, style: Style): Styled {
  return { text, style };
}

/** The words of a span. */
export function spanText(span: Span): PlainText {
  return typeof span === 'string' ? span : span.text;
}

/** Lines as they are written. */
export function linesText(lines: readonly Line[], hasColour: boolean): PlainText {
  const paint = (span: Span): string =>
    typeof span === 'string' || !hasColour || span.text === ''
      ? spanText(span)
      : `\u001b[${parameters[span.style]}m${span.text}\u001b[0m`;
  return reviewed(
    lines.map((line) => line.map(paint).join('').trimEnd()).join('\n'),
    'Only our own colours and line feeds around texts that may be shown.',
  );
}
