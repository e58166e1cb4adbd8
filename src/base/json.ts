/** Parses JSON; `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A text in quotes, or a comment. */
const stringOrComment = /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g;
/** A text in quotes, or the comma after the last entry. */
const stringOrLastComma = /("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/g;

/** Parses JSON with comments and commas after last entries, as editors keep their settings; `undefined` when it is none. */
export function parseJsonWithComments(text: string): unknown {
  const keepStrings = (_match: string, string: string | undefined): string => string ?? ' ';
  const bare = text.replace(/^\ufeff/, '').replace(stringOrComment, keepStrings);
  return parseJson(bare.replace(stringOrLastComma, keepStrings));
}

/** The value under a path of keys in something of unknown shape. */
export function dig(value: unknown, ...keys: string[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}
