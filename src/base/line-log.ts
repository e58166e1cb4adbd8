import type { Readable } from 'node:stream';

/** Longest line that is kept, in characters; the rest of it is dropped. */
const maxLineLength = 1000;
/** Lines that are told before the rest is dropped. */
const maxLines = 1000;

/** What a program said on its standard error, which is read to the end whatever comes. */
export interface LineLog {
  /** The last line that was not blank; empty when there was none. */
  last(): string;
}

/** Tells each line of `source` to `tell`, bounded and without control characters. */
export function logLines(source: Readable, tell: (line: string) => void): LineLog {
  let lastLine = '';
  let pending = '';
  let lines = 0;
  const finishLine = (): void => {
    const line = pending.replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
    pending = '';
    if (line === '') return;
    lastLine = line;
    lines++;
    if (lines <= maxLines) tell(line);
    else if (lines === maxLines + 1) tell(`(more than ${maxLines} lines; the rest is not shown)`);
  };
  source.setEncoding('utf8');
  source.on('data', (text: string) => {
    const [first = '', ...rest] = text.split('\n');
    pending = (pending + first).slice(0, maxLineLength);
    for (const part of rest) {
      finishLine();
      pending = part.slice(0, maxLineLength);
    }
  });
  source.on('end', finishLine);
  // Whatever happens to a program's standard error, its standard output decides about the connection.
  source.on('error', () => undefined);
  return { last: () => lastLine };
}
