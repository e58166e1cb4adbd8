import type { Duplex } from 'node:stream';
import type { Client, ClientUnaryCall, connectivityState, ServiceError } from '@grpc/grpc-js';
import * as l10n from '../../base/l10n.ts';
import { plain, type PlainText } from '../../base/text.ts';
import { AgentError, sentences } from '../errors.ts';
import { loadGrpc, type Grpc } from './load-grpc.ts';
import { bridgeStream, type LocalBridge } from './local-bridge.ts';
import { explainBrokenStream, explainEndedStream } from '../transport/broken-stream.ts';
import { foreignProtocolHint } from '../wire/foreign-protocol.ts';
import { shownName, type CallOptions, type RpcChannel } from './channel.ts';
import { Closing } from './closing.ts';
import { statusError } from './grpc-status.ts';
import { startCall } from './pending-call.ts';

/** Largest message in either direction, in bytes. */
export const grpcMaxMessageBytes = 16 * 1024 * 1024;

/** Settings of {@link openGrpcChannel}. */
export interface GrpcChannelOptions extends CallOptions {
  /** Host and port that the requests name, for proxies that route by it. Defaults to `localhost`. */
  readonly authority?: string;
}

/**
 * Speaks gRPC over `stream`, which must be connected and, where TLS is wanted, be TLS already. The library opens its
 * connections itself and knows only sockets and TLS of its own, so it is given a private socket that is joined to the
 * stream: that way every transport works, and fails, the same under every wire.
 *
 * @throws AgentError `handshake_failed` when something else answers, `timeout`, `cancelled`, `connection_closed`,
 *   `unsupported` when the library cannot be loaded, `unreachable` when this system gives no socket. The stream is closed.
 */
export async function openGrpcChannel(stream: Duplex, options: GrpcChannelOptions): Promise<RpcChannel> {
  const { bridge, grpc } = await prepare(stream);
  const client = new grpc.Client(`unix:${bridge.path}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': grpcMaxMessageBytes,
    'grpc.max_send_message_length': grpcMaxMessageBytes,
    // One stream, one connection: the library must not share it or try to open another.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.service_config_disable_resolution': 1,
    ...(options.authority !== undefined && { 'grpc.default_authority': options.authority }),
  });
  const channel = new GrpcChannel(client, bridge, stream);
  const ready = startCall<undefined>(options, () =>
    sentences(l10n.t('No gRPC greeting came within {0} ms.', options.timeoutMs), channel.hint()),
  );
  void channel.closed.then((reason) => {
    ready.reject(reason);
  });
  channel.whenState(grpc.connectivityState.READY, () => {
    ready.resolve(undefined);
  });
  try {
    await ready.promise;
  } catch (error) {
    channel.close();
    throw error;
  }
  channel.isReady = true;
  return channel;
}

/** Everything that gRPC needs; the stream is closed when it cannot be had. */
async function prepare(stream: Duplex): Promise<{ readonly bridge: LocalBridge; readonly grpc: Grpc }> {
  const bridging = bridgeStream(stream);
  try {
    const [bridge, grpc] = await Promise.all([bridging, loadGrpc()]);
    return { bridge, grpc };
  } catch (error) {
    stream.destroy();
    bridging.then(
      (bridge) => {
        bridge.close();
      },
      () => undefined,
    );
    throw AgentError.from(error, 'unreachable');
  }
}

class GrpcChannel implements RpcChannel {
  readonly concurrent = true;
  readonly pushesNotifications = false;
  /** True once gRPC was understood on both sides. */
  isReady = false;
  readonly #client: Client;
  readonly #bridge: LocalBridge;
  readonly #stream: Duplex;
  readonly #closing = new Closing();

  constructor(client: Client, bridge: LocalBridge, stream: Duplex) {
    this.#client = client;
    this.#bridge = bridge;
    this.#stream = stream;
    void bridge.closed.then((error) => {
      this.#fail(error === undefined ? this.#endOfStream() : explainBrokenStream(error));
    });
  }

  get closed(): Promise<AgentError> {
    return this.#closing.closed;
  }

  unary(service: string, method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    const refusal = this.#closing.reason ?? checkSize(request);
    if (refusal !== undefined) return Promise.reject(refusal);
    const begun: { call?: ClientUnaryCall } = {};
    const call = startCall<Uint8Array>(
      options,
      () => l10n.t('No answer to {0} within {1} ms.', shownName(method), options.timeoutMs),
      () => begun.call?.cancel(),
    );
    if (options.signal?.aborted === true) return call.promise;
    begun.call = this.#client.makeUnaryRequest(
      `/${service}/${method}`,
      asBuffer,
      asItIs,
      request,
      { deadline: Date.now() + options.timeoutMs },
      (error, response) => {
        if (response === undefined) call.reject(this.#explain(error));
        else call.resolve(response);
      },
    );
    return call.promise;
  }

  async *serverStream(
    service: string,
    method: string,
    request: Uint8Array,
    { signal }: { readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<Uint8Array, undefined> {
    if (signal?.aborted === true) return;
    const refusal = this.#closing.reason ?? checkSize(request);
    if (refusal !== undefined) throw refusal;
    const call = this.#client.makeServerStreamRequest(`/${service}/${method}`, asBuffer, asItIs, request);
    const onAbort = (): void => {
      call.cancel();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const message of call as AsyncIterable<Uint8Array>) yield message;
    } catch (error) {
      if (!isAborted(signal)) throw this.#explain(error);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      call.cancel();
    }
  }

  close(): void {
    this.#fail(new AgentError('cancelled', l10n.t('The connection was closed on this side.')));
  }

  /**
   * Calls back once the connection is in that state. The library's `waitForReady` does the same, but wakes a channel that
   * was closed before it was ready, which then stays in memory with its timers.
   */
  whenState(wanted: connectivityState, callback: () => void): void {
    if (this.#closing.reason !== undefined) return;
    const channel = this.#client.getChannel();
    const state = channel.getConnectivityState(true);
    if (state === wanted) callback();
    else {
      channel.watchConnectivityState(state, Infinity, () => {
        this.whenState(wanted, callback);
      });
    }
  }

  /** What the bytes that came look like, as a sentence, while gRPC is not understood; empty when unknown. */
  hint(): PlainText {
    return this.isReady
      ? plain``
      : foreignProtocolHint(this.#bridge.greeting, l10n.t('this is not a gRPC agent'), 'arcbox-grpc');
  }

  #endOfStream(): AgentError {
    if (this.isReady || this.#bridge.greeting.length === 0) return explainEndedStream(this.#stream);
    return new AgentError(
      'handshake_failed',
      sentences(l10n.t('What answers does not speak gRPC.'), this.hint()),
    );
  }

  #explain(error: unknown): AgentError {
    if (this.#closing.reason !== undefined) return this.#closing.reason;
    if (isServiceError(error)) return statusError(error.code, error.details);
    return AgentError.from(error, 'remote_error');
  }

  #fail(reason: AgentError): void {
    if (!this.#closing.begin(reason)) return;
    this.#bridge.close();
    // Not in the turn that opened it: what its resolver has on the way would wake it up again, for good.
    setImmediate(() => {
      this.#client.close();
    });
  }
}

function checkSize(request: Uint8Array): AgentError | undefined {
  return request.byteLength <= grpcMaxMessageBytes
    ? undefined
    : new AgentError(
        'frame_too_large',
        l10n.t('The message has {0} bytes; the limit is {1}.', request.byteLength, grpcMaxMessageBytes),
      );
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** Asks anew what the compiler believes to know from before an `await`. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asItIs(bytes: Buffer): Uint8Array {
  return bytes;
}
