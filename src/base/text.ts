declare const brand: unique symbol;

/**
 * Text that may be shown: of bounded length, without control and bidirectional characters, invisible characters and line
 * separators other than the line feeds we put between lines. Only this module makes it, from our own words
 * ({@link plain}, `l10n.t`) and from everybody else's ({@link plainText}, {@link quoted}): whatever an agent, an engine, a
 * program, a file, a TLS peer or the operating system says is a `string` until it has passed here.
 *
 * Rows, notifications, logs, the command line's output and the message of `AgentError` take nothing else.
 */
export type PlainText = string & { readonly [brand]: true };

/** A part of a {@link PlainText}: one itself, a number, or words that stand in the source. */
export type Shown<Part> = Part extends number | bigint | PlainText
  ? Part
  : Part extends string
    ? IsLiteral<Part> extends true
      ? Part
      : never
    : never;

/** True for a text whose every character is in the source; false for `string` and for patterns with a gap in them. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- an object without keys lacks every key that is spelled out, and none of a pattern
export type IsLiteral<Text extends string> = Record<never, never> extends Record<Text, 1> ? false : true;

/** Control characters, bidirectional overrides and marks, line separators, and characters that cannot be seen. */
const unprintable =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is being removed
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|[\u{1d173}-\u{1d17a}]|\p{Cs}/gu;

/** More marks on one letter than any script writes; they would be drawn over the lines around it. */
const piledUpMarks = /(\p{M}{4})\p{M}+/gu;

/** Texts that fit this are returned as they are; most do, and nothing else needs to be done to them. */
const printableAscii = /^[!-~]+(?: [!-~]+)*$/;

/**
 * One line of somebody else's words, of at most `maxLength` UTF-16 units: runs of what cannot be printed become one space,
 * lone surrogates go, and a text that was cut ends with an ellipsis.
 */
export function plainText(raw: string, maxLength: number): PlainText {
  return clean(raw, maxLength).text;
}

/** Somebody else's words in double quotes, of at most `maxLength` units between them; quotes inside are escaped. */
export function quoted(raw: string, maxLength: number): PlainText {
  return `"${plainText(raw, maxLength).replace(/["\\]/g, '\\$&')}"` as PlainText;
}

/** Our own words around parts that may be shown, as a template: ``plain`${name}: ${count}` ``. */
export function plain<const Parts extends readonly unknown[]>(
  words: TemplateStringsArray,
  ...parts: Parts & { readonly [Index in keyof Parts]: Shown<Parts[Index]> }
): PlainText {
  return String.raw({ raw: words }, ...parts) as PlainText;
}

/** Texts one after the other, with `separator` between them. */
export function joined(
  texts: readonly PlainText[],
  separator: ' ' | ', ' | ' · ' | '; ' | ': ' | '. ' | '\n' | '\n\n' | '',
): PlainText {
  return texts.join(separator) as PlainText;
}

/**
 * The one way around the border: takes `value` as it is because of what `justification` says. Every use is a place to
 * review.
 */
export function reviewed(value: string, justification: string): PlainText {
  if (justification === '') throw new Error('A reviewed text needs a justification.');
  return value as PlainText;
}

/**
 * Cleans the parts of one answer and counts what it had to cut or leave out, because nothing is to be lost silently. One
 * cleaner an answer: its count is that of what is shown now.
 */
export class TextCleaner {
  /** Texts shortened and entries left out so far. */
  cuts = 0;

  /** As {@link plainText}; a text that was cut counts. */
  text(raw: string, maxLength: number): PlainText {
    const { text: cleaned, isCut } = clean(raw, maxLength);
    if (isCut) this.cuts++;
    return cleaned;
  }

  /** The first `maxEntries` entries, the same list where there are no more; the others count. */
  list<T>(values: readonly T[], maxEntries: number): readonly T[] {
    if (values.length <= maxEntries) return values;
    this.cuts += values.length - maxEntries;
    return values.slice(0, maxEntries);
  }

  /** The entries for which `isValid` holds; the others count. */
  valid<T>(values: readonly T[], isValid: (value: T) => boolean): readonly T[] {
    const kept = values.filter(isValid);
    this.cuts += values.length - kept.length;
    return kept;
  }
}

function clean(raw: string, maxLength: number): { readonly text: PlainText; readonly isCut: boolean } {
  if (raw.length <= maxLength && printableAscii.test(raw)) return { text: raw as PlainText, isCut: false };
  // A text is cut before it is searched, so that its cost is bounded; twice the limit leaves room for what is removed.
  const kept = raw.slice(0, 2 * maxLength);
  const line = kept.replace(unprintable, ' ').replace(piledUpMarks, '$1').replace(/\s+/g, ' ').trim();
  if (line.length <= maxLength && kept.length === raw.length)
    return { text: line as PlainText, isCut: false };
  const end = Math.min(Math.max(maxLength - 1, 0), line.length);
  const splitsPair = /[\ud800-\udbff]/.test(line.charAt(end - 1));
  return { text: `${line.slice(0, splitsPair ? end - 1 : end)}…` as PlainText, isCut: true };
}
