import { request, type IncomingMessage } from 'node:http';
import { linkAbort } from '../base/abort.ts';
import { dig, parseJson } from '../base/json.ts';
import * as l10n from '../base/l10n.ts';
import { plainText, type PlainText } from '../base/text.ts';
import { AgentError, maxQuotedLength, messageOf } from '../agent/errors.ts';
import { ReadingTurns } from './reading-turns.ts';

/** What to get, and the bounds of getting it. */
export interface GetOptions {
  /** A Unix socket, or a named pipe on Windows. */
  readonly socketPath: string;
  /** Path and query. */
  readonly path: string;
  /** Ends the request with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Time until the whole answer is there. */
  readonly timeoutMs: number;
  /** Longest body that is read, in bytes. */
  readonly maxBodyBytes: number;
}

/** Longest body of an answer that tells an error, in bytes; the rest is not read. */
const maxErrorBodyBytes = 16 * 1024;

/** What is read in one turn of the event loop, of all engines together; it takes a few milliseconds. */
const turns = new ReadingTurns(128 * 1024);

/**
 * Gets `path` and hands the body to `onBytes` piece by piece; resolves at its end. An engine inside a sandbox is not trusted:
 * nothing is buffered, no redirect is followed, and nothing is taken from the environment.
 *
 * @throws AgentError `unreachable`, `timeout`, `cancelled`, `connection_closed`, `frame_too_large`; `remote_error` (with the
 *   HTTP status) for every status but 200. What `onBytes` throws goes through.
 */
export async function get(options: GetOptions, onBytes: (bytes: Buffer) => void): Promise<void> {
  await within(options.timeoutMs, options.signal, async (signal) => {
    const answer = await send(options.socketPath, options.path, signal);
    let bodyBytes = 0;
    for await (const bytes of chunksOf(answer)) {
      bodyBytes += bytes.length;
      if (bodyBytes > options.maxBodyBytes) {
        throw new AgentError(
          'frame_too_large',
          l10n.t("Docker's answer is longer than {0} bytes.", options.maxBodyBytes),
        );
      }
      onBytes(bytes);
    }
  });
}

/**
 * Gets `path`, whose answer goes on and on; resolves when it begins. The iteration ends with the answer, quietly when
 * `signal` aborts, and nothing is read that is not asked for. Of the bounds, `timeoutMs` is for the beginning.
 *
 * @throws AgentError as {@link get}.
 */
export async function getStream({
  socketPath,
  path,
  signal,
  timeoutMs,
}: Omit<GetOptions, 'maxBodyBytes' | 'signal'> & { readonly signal: AbortSignal }): Promise<
  AsyncIterable<Buffer>
> {
  const answer = await within(timeoutMs, signal, (beginning) => send(socketPath, path, beginning));
  const onAbort = (): void => {
    answer.destroy();
  };
  signal.addEventListener('abort', onAbort);
  answer.once('close', () => {
    signal.removeEventListener('abort', onAbort);
  });
  if (isAborted(signal)) onAbort();
  return (async function* () {
    try {
      yield* chunksOf(answer);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  })();
}

/** Does `work`, whose signal aborts at the deadline and with `signal`. */
async function within<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort();
  }, timeoutMs);
  const either = linkAbort([signal, deadline.signal]);
  try {
    return await work(either.signal);
  } catch (error) {
    if (signal?.aborted === true) {
      throw new AgentError('cancelled', l10n.t('the request was given up'), { cause: error });
    }
    if (deadline.signal.aborted) {
      throw new AgentError('timeout', l10n.t('no answer within {0} ms', timeoutMs), { cause: error });
    }
    throw error;
  } finally {
    clearTimeout(timer);
    either.dispose();
  }
}

/** Resolves with an answer of status 200 when its headers are there. */
async function send(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ socketPath, path, headers: { Host: 'docker' }, agent: false, signal });
    outgoing.once('response', (incoming) => {
      // Errors surface where the body is read; one that comes before must not be thrown.
      incoming.on('error', () => undefined);
      resolve(incoming);
    });
    outgoing.on('error', (error) => {
      reject(new AgentError('unreachable', describe(error), { cause: error }));
    });
    // An answer that switches protocols ends without a response and without an error.
    outgoing.once('close', () => {
      reject(new AgentError('connection_closed', l10n.t('it hung up without an answer')));
    });
    outgoing.end();
  });
  const status = answer.statusCode ?? 0;
  if (status === 200) return answer;
  const text = errorText(await readStart(answer, maxErrorBodyBytes));
  const words = plainText(text, maxQuotedLength) || l10n.t('no reason given');
  throw new AgentError('remote_error', l10n.t('Docker answered with status {0}: {1}', status, words), {
    remote: { code: status, text },
  });
}

async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of answer as AsyncIterable<Buffer>) {
      await turns.take(bytes.length);
      yield bytes;
    }
  } catch (error) {
    throw new AgentError('connection_closed', l10n.t('its answer broke off'), { cause: error });
  }
}

/** The first `maxBytes` of a body, as text. */
async function readStart(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const bytes of chunksOf(answer)) {
    chunks.push(bytes.subarray(0, maxBytes - length));
    length += bytes.length;
    if (length >= maxBytes) break;
  }
  return Buffer.concat(chunks).toString();
}

/** The `message` of an engine's error body, or the body itself when it has none: a proxy's page, or plain text. */
function errorText(body: string): string {
  const message = dig(parseJson(body), 'message');
  return (typeof message === 'string' ? message : body).trim();
}

function describe(error: NodeJS.ErrnoException): PlainText {
  switch (error.code) {
    case 'ENOENT':
      return l10n.t('its socket is missing');
    case 'ECONNREFUSED':
      return l10n.t('nothing listens on its socket');
    case 'EACCES':
      return l10n.t('this user may not open its socket');
    case 'ECONNRESET':
    case 'EPIPE':
      return l10n.t('it hung up without an answer');
    default:
      return error.code?.startsWith('HPE_') === true
        ? l10n.t('what listens on its socket does not speak HTTP')
        : messageOf(error);
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
