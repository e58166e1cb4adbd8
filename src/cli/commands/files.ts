import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { AgentError } from '../../agent/errors.ts';
import { facetOf, type FolderEntry } from '../../agent/session.ts';
import { joined, plain, plainText, quoted } from '../../base/text.ts';
import { maxArgumentLength } from '../arguments.ts';
import { endpointRow, printResult, withSession, type CliContext, type Command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { roundMs } from '../format.ts';

/** Longest name of a guest's file that is printed for people. */
const maxNameLength = 300;
/** The latest moment that a date can stand for, in seconds of Unix time. */
const maxDateSeconds = 8_640_000_000_000n;

/** `ls ENDPOINT PATH`: a folder of the guest. */
export const lsCommand: Command = {
  name: plain`ls`,
  summary: plain`list a folder of the guest`,
  arguments: [endpointRow, { name: plain`PATH` }],
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const [, path = '/'] = context.line.positionals;
      const { entries, leftOut, truncated } = await facetOf(session, 'files').list(path, options);
      if (leftOut > 0) context.logger.warn(plain`${leftOut} entries have names that no file can have.`);
      if (truncated) context.logger.warn(plain`The folder has more than these ${entries.length} entries.`);
      const rows = entries.map(
        (entry) =>
          plain`${plainText(entry.kind, 10)}  ${octal(entry)}  ${entry.sizeBytes}  ${quoted(entry.name, maxNameLength)}`,
      );
      printResult(
        context,
        entries.map(entryJson),
        rows.length === 0 ? plain`The folder is empty.` : joined(rows, '\n'),
      );
      return exitCodes.done;
    }),
};

/** `pull ENDPOINT GUESTPATH [LOCAL]`: copies a file out of the guest, to standard output without LOCAL. */
export const pullCommand: Command = {
  name: plain`pull`,
  summary: plain`copy a file out of the guest, to standard output without LOCAL`,
  arguments: [
    endpointRow,
    { name: plain`GUESTPATH` },
    { name: plain`LOCAL`, isOptional: true, completes: 'file' },
  ],
  options: {},
  run: async (context) => {
    const [, from = '', to] = context.line.positionals;
    if (to === undefined && context.line.json)
      throw new AgentError('usage', plain`--json needs LOCAL: standard output cannot hold both.`);
    return withSession(context, async (session, options) => {
      const start = performance.now();
      const content = facetOf(session, 'files').read(from, options);
      const bytes =
        to === undefined ? await printContent(context, content) : await writeLocal(to, from, content);
      if (to !== undefined) report(context, bytes, start);
      return exitCodes.done;
    });
  },
};

/** `push ENDPOINT LOCAL GUESTPATH`: copies a file into the guest; `-` is standard input. */
export const pushCommand: Command = {
  name: plain`push`,
  summary: plain`copy a file into the guest; - is standard input`,
  arguments: [endpointRow, { name: plain`LOCAL`, completes: 'file' }, { name: plain`GUESTPATH` }],
  options: {},
  run: (context) =>
    withSession(context, async (session, options) => {
      const [, from = '-', to = ''] = context.line.positionals;
      const start = performance.now();
      const input = from === '-' ? process.stdin : createReadStream(from, { highWaterMark: 1024 * 1024 });
      let bytes = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for await (const chunk of input as AsyncIterable<Buffer>) {
            bytes += chunk.byteLength;
            yield chunk;
          }
        } catch (error) {
          throw localFailure(from, error);
        }
      };
      await facetOf(session, 'files').write(to, counted(), options);
      report(context, bytes, start);
      return exitCodes.done;
    }),
};

function report(context: CliContext, bytes: number, startMs: number): void {
  const elapsedMs = roundMs(performance.now() - startMs);
  printResult(context, { bytes, elapsedMs }, plain`${bytes} bytes in ${elapsedMs} ms`);
}

function octal({ mode }: FolderEntry): ReturnType<typeof plainText> {
  return plainText(mode.toString(8).padStart(4, '0'), 4);
}

/** `size` is a number where that is exact, else its decimal digits; `modified` is ISO 8601 or null. */
function entryJson({ name, kind, sizeBytes, mode, modifiedSeconds }: FolderEntry): object {
  const size = sizeBytes <= Number.MAX_SAFE_INTEGER ? Number(sizeBytes) : sizeBytes.toString();
  const isDate =
    modifiedSeconds !== null && modifiedSeconds <= maxDateSeconds && modifiedSeconds >= -maxDateSeconds;
  const modified = isDate ? new Date(Number(modifiedSeconds) * 1000).toISOString() : null;
  return { name, kind, size, mode, modified };
}

async function printContent(
  { interrupted, outputTaken }: CliContext,
  content: AsyncIterable<Uint8Array>,
): Promise<number> {
  let bytes = 0;
  for await (const piece of content) {
    if (interrupted.aborted) break;
    process.stdout.write(piece);
    await outputTaken();
    bytes += piece.byteLength;
  }
  return bytes;
}

/** Writes beside `to` and then in its place, so that what failed on the way leaves the old file. Returns the bytes. */
async function writeLocal(to: string, from: string, content: AsyncIterable<Uint8Array>): Promise<number> {
  const isFolder = await stat(to).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const target = isFolder ? join(to, basename(from)) : to;
  const aside = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const local = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw localFailure(target, error);
    }
  };
  const file = await local(open(aside, 'wx'));
  try {
    let bytes = 0;
    for await (const piece of content) {
      await local(file.writeFile(piece));
      bytes += piece.byteLength;
    }
    await local(file.close());
    await local(rename(aside, target));
    return bytes;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(aside, { force: true });
    throw error;
  }
}

function localFailure(path: string, error: unknown): AgentError {
  const { message } = AgentError.from(error, 'usage');
  return new AgentError('usage', plain`${quoted(path, maxArgumentLength)} on this machine: ${message}`, {
    cause: error,
  });
}
