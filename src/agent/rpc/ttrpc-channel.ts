import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import { AgentError, sentences } from '../errors.ts';
import { decodeTtrpcResponse, encodeTtrpcNames, encodeTtrpcRequest } from '../wire/ttrpc-envelope.ts';
import {
  describeOversize,
  TtrpcFrameDecoder,
  ttrpcFlag,
  ttrpcType,
  type TtrpcFrame,
} from '../wire/ttrpc-frame.ts';
import { shownName, type CallOptions, type RpcChannel } from './channel.ts';
import { FrameConnection } from './frame-connection.ts';
import { statusError } from './grpc-status.ts';
import { MessageQueue } from './message-queue.ts';
import { refuseWhenFull, startCall, type PendingCall } from './pending-call.ts';

/** Frames that answered nobody, since the connection was opened. */
export interface DroppedFrames {
  /** Answers and stream messages of a call that had been given up, or was answered before. */
  readonly late: number;
  /** Frames of a call that was never made, or of a type that no agent sends. */
  readonly unknown: number;
}

/** Settings of a {@link TtrpcChannel}. */
export interface TtrpcChannelOptions {
  /** Number of the first call, odd. Defaults to 1; a connection is used up at 2^32. */
  readonly firstStreamId?: number;
}

/** Who waits for the frames of one stream id. */
type Waiting = { readonly call: PendingCall<Uint8Array> } | { readonly messages: MessageQueue };

const maxStreamId = 0xffff_ffff;

/**
 * ttrpc calls, many at a time, answered in any order. The wire has no cancel: giving up a call only forgets it, and a
 * stream that is given up goes on at the agent's end until the connection closes.
 *
 * No data frame is ever sent: the schema streams only from the agent, and one on a unary stream crashes Go's servers.
 */
export class TtrpcChannel implements RpcChannel {
  readonly concurrent = true;
  readonly pushesNotifications = false;
  readonly closed: Promise<AgentError>;
  readonly #connection: FrameConnection<TtrpcFrame>;
  readonly #decoder = new TtrpcFrameDecoder();
  readonly #waiting = new Map<number, Waiting>();
  /** Encoded names by service, then method; a client calls a handful of methods over and over. */
  readonly #names = new Map<string, Map<string, Buffer>>();
  #nextStreamId: number;
  #late = 0;
  #unknown = 0;

  /** Takes over `stream`, which must be connected. */
  constructor(stream: Duplex, options: TtrpcChannelOptions = {}) {
    this.#nextStreamId = options.firstStreamId ?? 1;
    this.#connection = new FrameConnection(stream, this.#decoder, {
      onFrame: (frame) => {
        this.#accept(frame);
      },
      onFailed: (reason) => {
        for (const waiting of this.#waiting.values()) fail(waiting, reason);
        this.#waiting.clear();
      },
    });
    this.closed = this.#connection.closed;
  }

  /** What was ignored so far. */
  get dropped(): DroppedFrames {
    return { late: this.#late, unknown: this.#unknown };
  }

  unary(service: string, method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    let streamId = 0;
    const call = startCall<Uint8Array>(
      options,
      () =>
        sentences(
          l10n.t('No answer to {0} within {1} ms.', shownName(method), options.timeoutMs),
          this.#decoder.hint(),
        ),
      () => this.#waiting.delete(streamId),
    );
    if (options.signal?.aborted === true) return call.promise;
    try {
      streamId = this.#open({ call }, service, method, request, 0, options.timeoutMs);
    } catch (error) {
      call.reject(AgentError.from(error, 'frame_too_large'));
    }
    return call.promise;
  }

  async *serverStream(
    service: string,
    method: string,
    request: Uint8Array,
    { signal }: { readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<Uint8Array, undefined> {
    if (signal?.aborted === true) return;
    const messages = new MessageQueue(signal);
    const streamId = this.#open({ messages }, service, method, request, ttrpcFlag.remoteClosed, 0);
    try {
      yield* messages;
    } finally {
      this.#waiting.delete(streamId);
    }
  }

  close(): void {
    this.#connection.close();
  }

  /** Takes the next stream id and writes the request in one step, because ids must rise on the wire. */
  #open(
    waiting: Waiting,
    service: string,
    method: string,
    payload: Uint8Array,
    flags: number,
    timeoutMs: number,
  ): number {
    const streamId = this.#nextStreamId;
    if (streamId > maxStreamId) {
      this.#connection.fail(
        new AgentError(
          'connection_closed',
          l10n.t('The connection has used up its call numbers; open it again.'),
        ),
      );
    }
    const refusal = this.#connection.failure ?? refuseWhenFull(this.#waiting.size);
    if (refusal !== undefined) throw refusal;
    const names = this.#namesOf(service, method);
    const frame = encodeTtrpcRequest(streamId, { names, payload, flags, timeoutMs });
    this.#nextStreamId += 2;
    this.#waiting.set(streamId, waiting);
    this.#connection.write(frame);
    return streamId;
  }

  #namesOf(service: string, method: string): Buffer {
    let methods = this.#names.get(service);
    if (methods === undefined) this.#names.set(service, (methods = new Map<string, Buffer>()));
    let names = methods.get(method);
    if (names === undefined) methods.set(method, (names = encodeTtrpcNames(service, method)));
    return names;
  }

  #accept(frame: TtrpcFrame): void {
    const { streamId } = frame;
    const waiting = this.#waiting.get(streamId);
    const isUnary = waiting !== undefined && 'call' in waiting;
    const isKnownType = frame.type === ttrpcType.response || (frame.type === ttrpcType.data && !isUnary);
    if (waiting === undefined || !isKnownType) {
      const wasCalled = streamId % 2 === 1 && streamId < this.#nextStreamId;
      if (isKnownType && wasCalled) this.#late++;
      else this.#unknown++;
      return;
    }
    if (frame.body === undefined) {
      this.#waiting.delete(streamId);
      fail(
        waiting,
        new AgentError(
          'frame_too_large',
          l10n.t('The answer is too large: {0}.', describeOversize(frame.bodyBytes)),
        ),
      );
    } else if (frame.type === ttrpcType.data && 'messages' in waiting) {
      this.#acceptMessage(frame, frame.body, waiting.messages);
    } else {
      this.#waiting.delete(streamId);
      settle(waiting, frame.body);
    }
  }

  #acceptMessage({ streamId, flags }: TtrpcFrame, body: Uint8Array, messages: MessageQueue): void {
    if ((flags & ttrpcFlag.noData) === 0) messages.push(body);
    if ((flags & ttrpcFlag.remoteClosed) === 0) return;
    this.#waiting.delete(streamId);
    messages.end();
  }
}

/** Ends a call or a stream with the response that came for it. Without a status, or with code 0, it went well. */
function settle(waiting: Waiting, body: Uint8Array): void {
  try {
    const { status, payload } = decodeTtrpcResponse(body);
    if (status !== undefined && status.code !== 0) {
      fail(waiting, statusError(status.code, status.message));
    } else if ('call' in waiting) {
      waiting.call.resolve(payload);
    } else {
      waiting.messages.push(payload);
      waiting.messages.end();
    }
  } catch (error) {
    fail(waiting, AgentError.from(error, 'malformed_payload'));
  }
}

function fail(waiting: Waiting, error: AgentError): void {
  if ('call' in waiting) waiting.call.reject(error);
  else waiting.messages.fail(error);
}
