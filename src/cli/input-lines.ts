import { addAbortSignal } from 'node:stream';
import { AgentError } from '../agent/errors.ts';
import { LineReader } from '../base/lines.ts';
import { plain } from '../base/text.ts';

/** Longest line of the input: the hexadecimal digits of the largest frame, twice. */
const maxLineLength = 64 * 1024 * 1024;

/**
 * The lines of standard input.
 *
 * @throws AgentError `cancelled` when `signal` aborts, `usage` when a line is too long.
 */
export async function* inputLines(signal: AbortSignal): AsyncGenerator<string> {
  const lines: string[] = [];
  const reader = new LineReader({
    maxLineLength,
    onLine: (line, isCut) => {
      if (isCut)
        throw new AgentError('usage', plain`A line of the input is longer than ${maxLineLength} characters.`);
      lines.push(line);
    },
  });
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) {
      reader.push(chunk as Buffer);
      yield* lines.splice(0);
    }
  } catch (error) {
    if (!signal.aborted) throw AgentError.from(error, 'usage');
    throw new AgentError('cancelled', plain`Interrupted before the end of the input.`, { cause: error });
  }
  reader.end();
  yield* lines;
}
