import type { Readable } from 'node:stream';
import { LineReader } from './lines.ts';
import { plain, plainText, type PlainText } from './text.ts';

/** Longest line that is kept, in characters; the rest of it is dropped, which an ellipsis shows. */
const maxLineLength = 1000;
/** Lines that are told before the rest is dropped. */
const maxLines = 1000;

/** What a program said on its standard error, which is read to the end whatever comes. */
export interface LineLog {
  /** The last line that was not blank; empty when there was none. */
  last(): PlainText | '';
}

/** Tells each line of `source` to `tell`, bounded and without control characters. */
export function logLines(source: Readable, tell: (line: PlainText) => void): LineLog {
  let last: PlainText | '' = '';
  let lines = 0;
  const reader = new LineReader({
    maxLineLength,
    onLine: (raw, isCut) => {
      const line = plainText(isCut ? `${raw}…` : raw, maxLineLength);
      if (line === '') return;
      last = line;
      lines++;
      if (lines <= maxLines) tell(line);
      else if (lines === maxLines + 1) tell(plain`(more than ${maxLines} lines; the rest is not shown)`);
    },
  });
  source.on('data', (chunk: Uint8Array) => {
    reader.push(chunk);
  });
  source.on('end', () => {
    reader.end();
  });
  // Whatever happens to a program's standard error, its standard output decides about the connection.
  source.on('error', () => undefined);
  return { last: () => last };
}
