/** Control characters, bidirectional overrides and marks, line separators, and characters that cannot be seen. */
const unprintable =
  // eslint-disable-next-line no-control-regex -- control characters are what is being removed
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Makes a guest's words safe to show: everything a guest sends is untrusted. Counts what it had to cut or drop, because
 * nothing is to be lost silently.
 */
export class GuestTextCleaner {
  /** Texts shortened and list entries dropped so far. */
  cuts = 0;

  /** One line of plain text of at most `maxLength` UTF-16 units; runs of unprintable characters become one space. */
  text(value: string, maxLength: number): string {
    // A text is cut before it is searched, so that its cost is bounded; twice the limit leaves room for what is removed.
    const plain = value
      .slice(0, 2 * maxLength)
      .replace(unprintable, ' ')
      .replace(/ {2,}/g, ' ')
      .trim();
    if (plain.length <= maxLength && value.length <= 2 * maxLength) return plain;
    this.cuts++;
    const end = maxLength - 1;
    const splitsPair = /[\ud800-\udbff]/.test(plain.charAt(end - 1));
    return `${plain.slice(0, splitsPair ? end - 1 : end)}…`;
  }

  /** The first `maxEntries` entries. */
  list<T>(values: readonly T[], maxEntries: number): readonly T[] {
    if (values.length <= maxEntries) return values;
    this.cuts += values.length - maxEntries;
    return values.slice(0, maxEntries);
  }

  /** The entries for which `isValid` holds. */
  valid<T>(values: readonly T[], isValid: (value: T) => boolean): readonly T[] {
    const kept = values.filter(isValid);
    this.cuts += values.length - kept.length;
    return kept;
  }
}
