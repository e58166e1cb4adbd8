import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AgentError, messageOf } from '../agent/errors.ts';
import { BatchedWriter } from '../base/batched-writer.ts';
import { plain } from '../base/text.ts';
import { AgentServiceServiceName, PortBindingsRemoved } from '../agent/generated/arcbox/v1/agent.ts';
import { ContainerChanged } from '../agent/generated/sandlight/v1/notifications.ts';
import { encodeArcboxError } from '../agent/arcbox/error.ts';
import { ArcboxFrameDecoder, encodeArcboxFrame, type ArcboxFrame } from '../agent/arcbox/frame.ts';
import { arcboxCalls, arcboxMessageNames, arcboxType } from '../agent/arcbox/messages.ts';
import {
  containerNotifications,
  type ContainerNotification,
  type PortWishes,
} from './container-notifications.ts';
import { Refusal, type ArcboxServices, type RefusalKind } from './service.ts';

const errorCodes: Readonly<Record<RefusalKind, number>> = {
  invalid_argument: 400,
  permission_denied: 403,
  unimplemented: 501,
  internal: 500,
};

/** The calls, with their names in the method table, by the type of their request. */
const callsByRequestType = new Map(
  arcboxCalls.map((call) => [
    call.requestType,
    { ...call, path: `${AgentServiceServiceName}/${call.method}` },
  ]),
);

/** Longest text of an error frame, in characters. */
const maxErrorTextLength = 1000;

/** Requests that one connection may have answered before everything else gets its turn. */
const maxRequestsPerTurn = 256;

/**
 * Serves ArcBox frames on one stream until it ends; never rejects.
 *
 * Behaves as ArcBox's agent does: requests are answered one after the other, and the next one is not looked at while one
 * is being answered; a reply repeats the request's trace id; an unknown type ends the connection as soon as it is seen; a
 * known type that is no request, and a payload that cannot be decoded, get error 400. Stricter in one thing: a frame that
 * is too long, or contradicts itself, ends the connection before its body is read.
 *
 * Answers are written together where requests came together. A client that does not read is not read from either: no more
 * than the stream's own buffer, one answer and one notification wait for it.
 */
export async function serveFramedConnection(stream: Duplex, services: ArcboxServices): Promise<void> {
  const { logger } = services;
  const gone = new AbortController();
  const onClose = (): void => {
    gone.abort();
  };
  stream.once('close', onClose);
  // Errors surface where the stream is read or written; one that comes between must not be thrown.
  stream.on('error', () => undefined);
  const connection = new FramedConnection(stream, services, gone.signal);
  const decoder = new ArcboxFrameDecoder({ acceptType: (type) => arcboxMessageNames.has(type) });
  let requestsLeft = maxRequestsPerTurn;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        await connection.answer(frame);
        if (--requestsLeft > 0) continue;
        requestsLeft = maxRequestsPerTurn;
        await nextTurn();
      }
    }
    decoder.end();
  } catch (error) {
    logger.debug(plain`A connection was closed: ${messageOf(error)}`);
  } finally {
    gone.abort();
    // What was answered before is still sent.
    await new Promise<void>((resolve) => {
      stream.end(() => {
        resolve();
      });
    });
    stream.destroy();
  }
}

class FramedConnection {
  readonly #stream: Duplex;
  readonly #writer: BatchedWriter;
  readonly #services: ArcboxServices;
  readonly #gone: AbortSignal;
  #subscription: Promise<void> | undefined;

  constructor(stream: Duplex, services: ArcboxServices, gone: AbortSignal) {
    this.#stream = stream;
    this.#writer = new BatchedWriter(stream);
    this.#services = services;
    this.#gone = gone;
  }

  /** Answers one frame; resolves when the client has room for more. */
  async answer({ type, traceId, payload }: ArcboxFrame): Promise<void> {
    let frame: Buffer;
    try {
      const call = callsByRequestType.get(type);
      if (call === undefined) {
        const name = `${arcboxMessageNames.get(type) ?? ''} (0x${type.toString(16).padStart(4, '0')})`;
        throw new Refusal('invalid_argument', `invalid request: unexpected message type: ${name}`);
      }
      const method = this.#services.methods.get(call.path);
      if (method?.kind !== 'unary') throw new Refusal('unimplemented', `${call.method} is not implemented`);
      const response = await method.handle(payload, {
        signal: this.#gone,
        subscribePorts: (wishes) => (this.#subscription ??= this.#pushPorts(wishes)),
      });
      frame = encodeArcboxFrame(call.responseType, response, traceId);
    } catch (error) {
      frame = this.#errorFrame(error, traceId);
    }
    const writing = this.#write(frame);
    if (writing !== undefined) await writing;
  }

  #errorFrame(error: unknown, traceId: string): Buffer {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('internal', error instanceof Error ? error.message : String(error), { cause: error });
    if (refusal.kind === 'internal') this.#services.logger.error(plain`A call failed: ${messageOf(refusal)}`);
    const text = refusal.message.slice(0, maxErrorTextLength);
    return encodeArcboxFrame(arcboxType.error, encodeArcboxError(errorCodes[refusal.kind], text), traceId);
  }

  /** Pushes port notifications from now on; resolves when the snapshot has been sent. */
  #pushPorts(wishes: PortWishes): Promise<void> {
    return new Promise((resolve) => {
      const push = async (): Promise<void> => {
        const { ports } = this.#services;
        for await (const notification of containerNotifications(ports, wishes, this.#gone)) {
          if (notification.kind === 'snapshot_complete') resolve();
          else await this.#write(notificationFrame(notification));
        }
      };
      push()
        .catch((error: unknown) => {
          if (this.#gone.aborted) return;
          this.#services.logger.warn(
            plain`Port notifications ended with their connection: ${messageOf(error)}`,
          );
          this.#stream.destroy();
        })
        .finally(resolve);
    });
  }

  /**
   * Writes one frame; the promise, if there is one, must be waited for before the next.
   *
   * @throws AgentError `connection_closed` when the client is gone.
   */
  #write(frame: Buffer): Promise<void> | undefined {
    if (!this.#stream.writable) throw new AgentError('connection_closed', plain`The client is gone.`);
    return this.#writer.write(frame) ? undefined : this.#drained();
  }

  #drained(): Promise<void> {
    if (this.#gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#stream.off('drain', finish);
        this.#gone.removeEventListener('abort', finish);
        resolve();
      };
      this.#stream.on('drain', finish);
      this.#gone.addEventListener('abort', finish);
    });
  }
}

function notificationFrame(
  notification: Exclude<ContainerNotification, { readonly kind: 'snapshot_complete' }>,
): Buffer {
  return notification.kind === 'removed'
    ? encodeArcboxFrame(
        arcboxType.portBindingsRemoved,
        PortBindingsRemoved.encode(notification.message).finish(),
      )
    : encodeArcboxFrame(
        arcboxType.portBindingsChanged,
        ContainerChanged.encode(notification.message).finish(),
      );
}
