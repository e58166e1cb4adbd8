import { AgentError } from '../../../src/agent/errors.ts';
import type { CallOptions, RpcChannel } from '../../../src/agent/rpc/channel.ts';
import { Closing } from '../../../src/agent/rpc/closing.ts';
import { MessageQueue } from '../../../src/agent/rpc/message-queue.ts';
import { startCall } from '../../../src/agent/rpc/pending-call.ts';
import { plain } from '../../../src/base/text.ts';

/** Answers one call with protobuf bytes; the promise may stay pending. */
export type Answer = (request: Uint8Array, options: CallOptions) => Uint8Array | Promise<Uint8Array>;

/** Imitates a wire: answers by method, and streams that a test feeds. Calls end by time and signal as on a real one. */
export class FakeChannel implements RpcChannel {
  readonly concurrent: boolean;
  readonly pushesNotifications: boolean;
  /** Answers by method. */
  readonly answers: Record<string, Answer> = {};
  readonly calls: string[] = [];
  /** The streams that were opened. */
  readonly streams: MessageQueue[] = [];
  readonly #closing = new Closing();

  constructor({ isFramed = false } = {}) {
    this.concurrent = !isFramed;
    this.pushesNotifications = isFramed;
  }

  get closed(): Promise<AgentError> {
    return this.#closing.closed;
  }

  async unary(
    _service: string,
    method: string,
    request: Uint8Array,
    options: CallOptions,
  ): Promise<Uint8Array> {
    if (this.#closing.reason !== undefined) throw this.#closing.reason;
    this.calls.push(method);
    const call = startCall<Uint8Array>(options, () => plain`No answer within ${options.timeoutMs} ms.`);
    void this.closed.then((reason) => {
      call.reject(reason);
    });
    const answer = this.answers[method];
    if (answer !== undefined) {
      Promise.resolve(answer(request, options)).then(
        (response) => {
          call.resolve(response);
        },
        (error: unknown) => {
          call.reject(AgentError.from(error, 'remote_error'));
        },
      );
    }
    return call.promise;
  }

  async *serverStream(
    _service: string,
    _method: string,
    _request: Uint8Array,
    { signal }: { readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<Uint8Array> {
    const messages = new MessageQueue(signal);
    this.streams.push(messages);
    yield* messages;
  }

  /** Ends the connection for a reason of the test's. */
  fail(reason: AgentError): void {
    if (!this.#closing.begin(reason)) return;
    for (const stream of this.streams) stream.fail(reason);
  }

  close(): void {
    this.fail(new AgentError('cancelled', plain`The connection was closed on this side.`));
  }
}
