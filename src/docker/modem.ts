import { request, type IncomingMessage } from 'node:http';
import * as l10n from '../base/l10n.ts';
import { AgentError, maxQuotedLength, messageOf } from '../agent/errors.ts';
import { plainText, type PlainText } from '../base/text.ts';

/** A request as dockerode describes it to its transport; only what reading calls use. */
export interface DialOptions {
  /** Path, with a trailing `?` where parameters may follow. */
  readonly path: string;
  readonly method: string;
  /** Query parameters; objects travel as JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** True: hand over the answer's stream instead of its parsed body. */
  readonly isStream?: boolean;
  /** `true` for a status that means success, otherwise what it means. */
  readonly statusCodes: Readonly<Record<number, boolean | string>>;
}

/** What dockerode calls to send a request. */
export interface Modem {
  dial(options: DialOptions, callback: (error: Error | null, answer?: unknown) => void): void;
}

/** Longest answer that is read, in bytes; an inspect of a container that publishes every port stays below. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** Longest error text that is kept, in characters. */
const maxErrorTextLength = 300;

/**
 * Dockerode's transport for calls that end with `signal`, over a Unix socket or named pipe. Its stock transport buffers answers without limit, follows
 * redirects to any address and takes its target from the environment; an engine inside a sandbox is not trusted with
 * any of these.
 *
 * Errors are AgentErrors: `unreachable`, `cancelled`, `remote_error` (with the HTTP status), `frame_too_large`,
 * `malformed_payload`, `connection_closed`.
 */
export function createModem(socketPath: string, signal: AbortSignal): Modem {
  return {
    dial(options, callback) {
      const outgoing = request({
        socketPath,
        path: withQuery(options.path, options.options ?? {}),
        method: options.method,
        headers: { Host: 'docker' },
        agent: false,
        signal,
      });
      outgoing.once('response', (incoming) => {
        answer(incoming, options).then(
          (value) => {
            callback(null, value);
          },
          (error: unknown) => {
            incoming.destroy();
            callback(AgentError.from(error, 'connection_closed'));
          },
        );
      });
      // Stays for errors after the response: those reach the reader of the answer, and must not be thrown as well.
      outgoing.on('error', (error) => {
        const code = signal.aborted ? 'cancelled' : 'unreachable';
        callback(new AgentError(code, describe(error), { cause: error }));
      });
      outgoing.end();
    },
  };
}

async function answer(incoming: IncomingMessage, options: DialOptions): Promise<unknown> {
  const status = incoming.statusCode ?? 0;
  const succeeded = options.statusCodes[status] === true;
  if (succeeded && options.isStream === true) return incoming;
  const body = await readBody(incoming);
  if (succeeded) return incoming.headers['content-type']?.includes('json') === true ? parse(body) : body;
  const meaning = options.statusCodes[status];
  const text = errorText(body) || (typeof meaning === 'string' ? meaning : '');
  const words = plainText(text, maxQuotedLength) || l10n.t('no reason given');
  throw new AgentError('remote_error', l10n.t('Docker answered with status {0}: {1}', status, words), {
    remote: { code: status, text },
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxAnswerBytes) {
      throw new AgentError(
        'frame_too_large',
        l10n.t("Docker's answer is longer than {0} bytes.", maxAnswerBytes),
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw new AgentError('malformed_payload', l10n.t("Docker's answer is not valid JSON."), { cause: error });
  }
}

/** The `message` of an engine's error body, or the body itself when it has none. */
function errorText(body: string): string {
  let text = body;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) text = String(parsed.message);
  } catch {
    // Not JSON: a proxy's page or plain text, shown as it is.
  }
  return text.trim().slice(0, maxErrorTextLength);
}

function withQuery(path: string, parameters: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    query.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const bare = path.replace(/\?$/, '');
  return query.size === 0 ? bare : `${bare}?${query.toString()}`;
}

function describe(error: NodeJS.ErrnoException): PlainText {
  switch (error.code) {
    case 'ENOENT':
      return l10n.t('its socket is missing');
    case 'ECONNREFUSED':
      return l10n.t('nothing listens on its socket');
    case 'EACCES':
      return l10n.t('this user may not open its socket');
    default:
      return messageOf(error);
  }
}
