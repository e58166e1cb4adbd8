import type { PlainText } from '../base/text.ts';
import { spanText, styled, type Line, type Span } from './styled.ts';
import { spaces, textWidth } from './text-width.ts';

/** Columns between two columns. */
const gap = 2;

/** A table with aligned columns under a header; the last column is as wide as its texts are. */
export function tableLines(
  header: readonly PlainText[],
  rows: readonly (readonly Span[])[],
): readonly Line[] {
  return alignedLines([header.map((text) => styled(text, 'strong')), ...rows]);
}

/** The same without a header, each row after `indent` columns. */
export function alignedLines(rows: readonly (readonly Span[])[], indent = 0): readonly Line[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, span] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, textWidth(spanText(span)));
  }
  return rows.map((row) => [
    spaces(indent),
    ...row.flatMap((span, column): Span[] =>
      column === row.length - 1
        ? [span]
        : [span, spaces((widths[column] ?? 0) + gap - textWidth(spanText(span)))],
    ),
  ]);
}
