import type { Duplex } from 'node:stream';
import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError, sentences, withReason } from '../errors.ts';
import { AgentServiceServiceName } from '../generated/arcbox/v1/agent.ts';
import { decodeArcboxError } from './error.ts';
import { ArcboxFrameDecoder, encodeArcboxFrame, hexType, type ArcboxFrame } from './frame.ts';
import { arcboxCalls, arcboxType } from './messages.ts';
import { shownName, type CallOptions, type RpcChannel } from '../rpc/channel.ts';
import { FrameConnection } from '../rpc/frame-connection.ts';
import { refuseWhenFull, startCall, type PendingCall } from '../rpc/pending-call.ts';

/** A port notification as it came: the payload is unchecked protobuf. */
export interface PortNotification {
  readonly type: typeof arcboxType.portBindingsChanged | typeof arcboxType.portBindingsRemoved;
  readonly payload: Uint8Array;
}

/** What a {@link FramedChannel} tells besides its answers. */
export interface FramedChannelOptions {
  /** Called for every 0x1030 and 0x1031, whenever it comes. */
  readonly onNotification?: (notification: PortNotification) => void;
  /** Called once when the first trace id arrives that is not UTF-8. */
  readonly onInvalidTraceId?: () => void;
}

interface Slot {
  readonly responseType: number;
  readonly call: PendingCall<Uint8Array>;
}

/**
 * ArcBox frames. The wire has no request ids and an agent answers in order, so answers are matched in order: a call
 * that was given up keeps its place until its late answer has passed. An answer of the wrong type means that both sides
 * are out of step, and closes the connection.
 */
export class FramedChannel implements RpcChannel {
  readonly concurrent = false;
  readonly pushesNotifications = true;
  readonly closed: Promise<AgentError>;
  readonly #connection: FrameConnection<ArcboxFrame>;
  readonly #decoder = new ArcboxFrameDecoder();
  readonly #waiting: Slot[] = [];
  readonly #onNotification: (notification: PortNotification) => void;
  #onInvalidTraceId: (() => void) | undefined;

  /** Takes over `stream`, which must be connected. */
  constructor(stream: Duplex, options: FramedChannelOptions = {}) {
    this.#onNotification = options.onNotification ?? (() => undefined);
    this.#onInvalidTraceId = options.onInvalidTraceId;
    this.#connection = new FrameConnection(stream, this.#decoder, {
      onFrame: (frame) => {
        this.#accept(frame);
      },
      onFailed: (reason) => {
        for (const { call } of this.#waiting.splice(0)) call.reject(reason);
      },
    });
    this.closed = this.#connection.closed;
  }

  unary(service: string, method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const types =
      service === AgentServiceServiceName ? arcboxCalls.find((call) => call.method === method) : undefined;
    if (types === undefined) {
      return Promise.reject(
        new AgentError(
          'unsupported',
          l10n.t('ArcBox frames cannot carry {0}/{1}.', shownName(service), shownName(method)),
        ),
      );
    }
    const refusal = this.#connection.failure ?? refuseWhenFull(this.#waiting.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    let frame: Buffer;
    try {
      frame = encodeArcboxFrame(types.requestType, request);
    } catch (error) {
      return Promise.reject(AgentError.from(error, 'frame_too_large'));
    }
    const describeTimeout = (): PlainText =>
      sentences(
        l10n.t('No answer to {0} within {1} ms.', types.method, options.timeoutMs),
        this.#decoder.hint(),
      );
    const call = startCall<Uint8Array>(options, describeTimeout);
    if (options.signal?.aborted === true) return call.promise;
    this.#waiting.push({ responseType: types.responseType, call });
    this.#connection.write(frame);
    return call.promise;
  }

  // eslint-disable-next-line require-yield -- the interface's generator, on a wire that has no streams
  async *serverStream(service: string, method: string): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    throw new AgentError(
      'unsupported',
      l10n.t(
        'ArcBox frames have no streams, so {0}/{1} cannot be called.',
        shownName(service),
        shownName(method),
      ),
    );
  }

  close(): void {
    this.#connection.close();
  }

  #accept(frame: ArcboxFrame): void {
    if (!frame.traceIdIsValid) {
      this.#onInvalidTraceId?.();
      this.#onInvalidTraceId = undefined;
    }
    if (frame.type === arcboxType.portBindingsChanged || frame.type === arcboxType.portBindingsRemoved) {
      this.#onNotification({ type: frame.type, payload: frame.payload });
      return;
    }
    const slot = this.#waiting.shift();
    if (slot === undefined) {
      this.#connection.fail(
        new AgentError(
          'unsolicited_message',
          l10n.t('The agent sent {0} although nothing was asked.', hexType(frame.type)),
        ),
      );
    } else if (frame.type === slot.responseType) {
      slot.call.resolve(frame.payload);
    } else if (frame.type === arcboxType.error) {
      const remote = decodeArcboxError(frame.payload);
      const event =
        remote.code === undefined
          ? l10n.t('The agent answered with error')
          : l10n.t('The agent answered with error {0}', remote.code);
      slot.call.reject(new AgentError('remote_error', withReason(event, remote.text), { remote }));
    } else {
      const error = new AgentError(
        'unexpected_message_type',
        l10n.t(
          'The agent answered {0} where {1} was expected.',
          hexType(frame.type),
          hexType(slot.responseType),
        ),
      );
      slot.call.reject(error);
      this.#connection.fail(error);
    }
  }
}
