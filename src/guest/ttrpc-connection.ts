import type { Duplex } from 'node:stream';
import { BatchedWriter } from '../base/batched-writer.ts';
import { AgentError, messageOf } from '../agent/errors.ts';
import { plain } from '../base/text.ts';
import type { Logger } from '../base/logger.ts';
import { decodeChunk } from '../agent/wire/frame-decoder.ts';
import { decodeTtrpcRequest, encodeTtrpcError, encodeTtrpcReply } from '../agent/wire/ttrpc-envelope.ts';
import {
  describeOversize,
  encodeTtrpcFrame,
  TtrpcFrameDecoder,
  ttrpcFlag,
  ttrpcType,
  type TtrpcFrame,
} from '../agent/wire/ttrpc-frame.ts';
import { statusCode, statusOf } from './refusal-status.ts';
import type { GuestMethod, GuestMethodTable, GuestServices } from './service.ts';

/** Calls that one connection may have in the works at a time; more are answered UNAVAILABLE. */
const maxCallsAtOnce = 1024;

const deadlineExceeded = 'context deadline exceeded';

const nanosPerMs = 1_000_000n;
/** Longest delay that Node's timers keep, in milliseconds; a longer one would fire at once. */
const maxDelayMs = 2n ** 31n - 1n;

/**
 * Serves `methods` over ttrpc on one connection until it ends; resolves then and never rejects. What a client sends
 * wrong costs it the call and is answered in the words of containerd's Go server; only a broken frame costs the connection.
 */
export function serveTtrpcConnection(
  stream: Duplex,
  services: Pick<GuestServices, 'methods' | 'logger'>,
): Promise<void> {
  return new Promise((resolve) => {
    new TtrpcConnection(stream, services, resolve);
  });
}

class TtrpcConnection {
  readonly #stream: Duplex;
  readonly #writer: BatchedWriter;
  readonly #methods: GuestMethodTable;
  readonly #logger: Logger;
  readonly #decoder = new TtrpcFrameDecoder();
  readonly #calls = new Map<number, AbortController>();
  /** Those of {@link #calls} that end only when somebody ends them. */
  readonly #streams = new Set<AbortController>();
  readonly #drained: (() => void)[] = [];
  #lastStreamId = 0;
  /** The client sends nothing more; its calls in the works are still answered, its streams end. */
  #inputEnded = false;

  constructor(
    stream: Duplex,
    { methods, logger }: Pick<GuestServices, 'methods' | 'logger'>,
    onClosed: () => void,
  ) {
    this.#stream = stream;
    this.#writer = new BatchedWriter(stream);
    this.#methods = methods;
    this.#logger = logger;
    stream.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on('drain', () => {
      stream.resume();
      for (const resolve of this.#drained.splice(0)) resolve();
    });
    stream.on('end', () => {
      this.#inputEnded = true;
      for (const controller of this.#streams) controller.abort();
      this.#closeWhenIdle();
    });
    stream.on('error', (error) => {
      logger.debug(plain`A ttrpc connection broke: ${messageOf(error)}`);
    });
    stream.on('close', () => {
      for (const controller of this.#calls.values()) controller.abort();
      for (const resolve of this.#drained.splice(0)) resolve();
      onClosed();
    });
  }

  #receive(chunk: Buffer): void {
    try {
      decodeChunk(this.#decoder, chunk, (frame) => {
        this.#accept(frame);
      });
    } catch (error) {
      this.#logger.debug(plain`A connection was closed: ${messageOf(error)}`);
      this.#stream.destroy();
    }
  }

  #accept(frame: TtrpcFrame): void {
    const { streamId, body } = frame;
    if (frame.type !== ttrpcType.request && frame.type !== ttrpcType.data) return;
    if (body === undefined) {
      this.#refuse(streamId, statusCode.resourceExhausted, describeOversize(frame.bodyBytes));
    } else if (frame.type === ttrpcType.request) {
      this.#acceptRequest(streamId, body);
    } else if (!this.#calls.has(streamId)) {
      this.#refuse(streamId, statusCode.invalidArgument, 'StreamID is no longer active');
    }
    // Data on a stream in the works has nowhere to go: no method takes a stream from the client. A closing frame
    // without data is how some clients say so themselves.
  }

  #acceptRequest(streamId: number, body: Uint8Array): void {
    if (streamId % 2 === 0) {
      this.#refuse(streamId, statusCode.invalidArgument, 'StreamID must be odd for client initiated streams');
      return;
    }
    if (streamId <= this.#lastStreamId) {
      this.#refuse(streamId, statusCode.invalidArgument, 'StreamID cannot be re-used and must increment');
      return;
    }
    this.#lastStreamId = streamId;
    if (this.#calls.size >= maxCallsAtOnce) {
      this.#refuse(streamId, statusCode.unavailable, `more than ${maxCallsAtOnce} calls at once`);
      return;
    }
    try {
      const request = decodeTtrpcRequest(body);
      const method = this.#methods.get(`${request.service}/${request.method}`);
      if (method !== undefined) void this.#run(streamId, method, request.payload, request.timeoutNano);
      else this.#refuse(streamId, statusCode.unimplemented, this.#describeUnknown(request));
    } catch (error) {
      const { text } = statusOf(error);
      this.#refuse(streamId, statusCode.invalidArgument, `unmarshal request error: ${text}`);
    }
  }

  #describeUnknown({ service, method }: { readonly service: string; readonly method: string }): string {
    const isServed = [...this.#methods.keys()].some((name) => name.startsWith(`${service}/`));
    return isServed ? `method ${method}` : `service ${service}`;
  }

  /** Runs one call to its answer. At the deadline the client is answered although the method may still be busy. */
  async #run(streamId: number, method: GuestMethod, payload: Uint8Array, timeoutNano: bigint): Promise<void> {
    if (timeoutNano < 0n) {
      this.#refuse(streamId, statusCode.deadlineExceeded, deadlineExceeded);
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    this.#calls.set(streamId, controller);
    const onDeadline = (): void => {
      if (signal.aborted) return;
      controller.abort();
      this.#refuse(streamId, statusCode.deadlineExceeded, deadlineExceeded);
    };
    const timer = timeoutNano > 0n ? setTimeout(onDeadline, delayMs(timeoutNano)) : undefined;
    try {
      if (method.kind === 'unary') {
        const response = await method.handle(payload, { signal });
        if (!signal.aborted) this.#write(encodeTtrpcReply(streamId, response));
      } else {
        this.#streams.add(controller);
        await this.#runStream(streamId, method.handle(payload, { signal }), signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(streamId, error);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(streamId);
      this.#streams.delete(controller);
      this.#closeWhenIdle();
    }
  }

  async #runStream(
    streamId: number,
    messages: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const message of messages) {
      if (signal.aborted) return;
      this.#write(encodeTtrpcFrame(streamId, ttrpcType.data, 0, message));
      if (this.#stream.writableNeedDrain) {
        await new Promise<void>((resolve) => {
          this.#drained.push(resolve);
        });
      }
    }
    if (signal.aborted) return;
    const end = ttrpcFlag.remoteClosed | ttrpcFlag.noData;
    this.#write(encodeTtrpcFrame(streamId, ttrpcType.data, end, new Uint8Array(0)));
  }

  #fail(streamId: number, error: unknown): void {
    if (error instanceof AgentError && error.code === 'frame_too_large') {
      this.#refuse(streamId, statusCode.resourceExhausted, error.message);
      return;
    }
    const { code, text } = statusOf(error);
    if (code === statusCode.internal) this.#logger.error(plain`A call failed: ${messageOf(error)}`);
    this.#refuse(streamId, code, text);
  }

  #refuse(streamId: number, code: number, text: string): void {
    this.#write(encodeTtrpcError(streamId, code, text));
  }

  /** Writes a frame; a client that does not read its answers is not read from either, until it does. */
  #write(frame: Buffer): void {
    if (!this.#stream.writable) return;
    if (!this.#writer.write(frame)) this.#stream.pause();
  }

  #closeWhenIdle(): void {
    if (this.#inputEnded && this.#calls.size === 0) this.#stream.end(() => this.#stream.destroy());
  }
}

function delayMs(timeoutNano: bigint): number {
  const ms = (timeoutNano + nanosPerMs - 1n) / nanosPerMs;
  return Number(ms > maxDelayMs ? maxDelayMs : ms);
}
