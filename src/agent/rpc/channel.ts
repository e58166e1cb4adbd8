import * as l10n from '../../base/l10n.ts';
import { methodTypes } from '../generated/shapes.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { AgentError } from '../errors.ts';
import { checkPayload } from '../wire/protobuf.ts';

/** How long a call may take and who may end it early. */
export interface CallOptions {
  /** Milliseconds from the start of the call to `timeout`; above 0. */
  readonly timeoutMs: number;
  /** Ends the call with `cancelled`. On the wires here nothing is sent: the caller merely stops waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls over one connection. Every wire (ArcBox frames, ttrpc, gRPC) is one implementation of this interface, so that
 * one generated client serves them all.
 *
 * After {@link closed} has settled, pending and later calls reject at once.
 */
export interface RpcChannel {
  /**
   * Sends one request and waits for its response; both are protobuf bytes.
   *
   * @throws AgentError of any code; `malformed_payload` and `remote_error` leave the channel usable.
   */
  unary(service: string, method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array>;
  /**
   * Sends one request and yields its responses until the peer ends the stream, the signal aborts (the iteration then
   * just ends) or the channel fails (it throws).
   *
   * @throws AgentError `unsupported` on a wire without streams.
   */
  serverStream(
    service: string,
    method: string,
    request: Uint8Array,
    options: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<Uint8Array>;
  /** False when calls are answered strictly in order, so that a slow one holds up the rest. */
  readonly concurrent: boolean;
  /** True when the wire has notifications of its own; false when they come as a server stream. */
  readonly pushesNotifications: boolean;
  /** Resolves when the channel is unusable, with the reason; never rejects. */
  readonly closed: Promise<AgentError>;
  /** Closes the connection; waiting calls reject with `cancelled`. Safe to call twice. */
  close(): void;
}

/** The interface that ts-proto's generated clients call. */
export interface GeneratedClientRpc {
  request(service: string, method: string, data: Uint8Array): Promise<Uint8Array>;
  serverStreamingRequest(service: string, method: string, data: Uint8Array): AsyncIterable<Uint8Array>;
  clientStreamingRequest(): Promise<Uint8Array>;
  bidirectionalStreamingRequest(): AsyncIterable<Uint8Array>;
}

/**
 * Lends a channel to a generated client for calls with `options`. Responses are checked strictly here, once for all
 * wires, before the generated decoder sees them; the calls add `malformed_payload` to the channel's errors.
 */
export function rpcOver(channel: RpcChannel, options: CallOptions): GeneratedClientRpc {
  return {
    async request(service, method, data) {
      const response = await channel.unary(service, method, data, options);
      checkPayload(responseType(service, method), response);
      return response;
    },
    async *serverStreamingRequest(service, method, data) {
      for await (const message of channel.serverStream(service, method, data, options)) {
        checkPayload(responseType(service, method), message);
        yield message;
      }
    },
    clientStreamingRequest: noClientStreams,
    bidirectionalStreamingRequest: noClientStreams,
  };
}

/** The name of a service or method, which is the caller's own and short, as errors write it. */
export function shownName(name: string): PlainText {
  return plainText(name, 200);
}

function responseType(
  service: string,
  method: string,
): (typeof methodTypes)[keyof typeof methodTypes]['response'] {
  const name = `${service}/${method}`;
  if (!isMethod(name))
    throw new AgentError('unsupported', l10n.t('{0} is not a method of the schema.', shownName(name)));
  return methodTypes[name].response;
}

function isMethod(name: string): name is keyof typeof methodTypes {
  return name in methodTypes;
}

function noClientStreams(): never {
  throw new AgentError('unsupported', l10n.t('No method of the schema streams from the client.'));
}
