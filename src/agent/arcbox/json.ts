import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { plain, plainText } from '../../base/text.ts';
import { AgentError, maxQuotedLength } from '../errors.ts';
import * as agent from '../generated/arcbox/v1/agent.ts';
import * as common from '../generated/arcbox/v1/common.ts';
import { decodeArcboxError, encodeArcboxError } from './error.ts';
import { ArcboxFrameDecoder, encodeArcboxFrame } from './frame.ts';
import { arcboxMessageNames } from './messages.ts';
import { decodeChunk } from '../wire/frame-decoder.ts';
import { checkPayload, type MessageName } from '../wire/protobuf.ts';

/** A message of `arcbox.v1` between bytes and canonical proto3 JSON. */
interface JsonCodec {
  fromJson(json: unknown): Uint8Array;
  toJson(payload: Uint8Array): unknown;
}

interface GeneratedMessage<T> {
  encode(message: T): BinaryWriter;
  decode(payload: Uint8Array): T;
  fromJSON(json: unknown): T;
  toJSON(message: T): unknown;
}

type AgentMessage = Extract<MessageName, `arcbox.v1.${string}`>;

function protobuf<T>(name: AgentMessage, message: GeneratedMessage<T>): [string, JsonCodec] {
  return [
    name.slice('arcbox.v1.'.length),
    {
      fromJson: (json) => message.encode(message.fromJSON(json)).finish(),
      toJson: (payload) => {
        checkPayload(name, payload);
        return message.toJSON(message.decode(payload));
      },
    },
  ];
}

/** The error payload is not protobuf; as JSON it is `{code, message}`. */
const errorCodec: JsonCodec = {
  fromJson: (json) => {
    const { code, message } = json as { code?: unknown; message?: unknown };
    if (typeof code !== 'number' || !Number.isInteger(code) || Math.abs(code) > 2 ** 31) {
      throw new AgentError('usage', plain`An Error needs a code: a whole number of 32 bits.`);
    }
    return encodeArcboxError(code, typeof message === 'string' ? message : '');
  },
  toJson: (payload) => {
    const { code, text } = decodeArcboxError(payload);
    return { ...(code !== undefined && { code }), message: text };
  },
};

const codecs: ReadonlyMap<string, JsonCodec> = new Map([
  protobuf('arcbox.v1.Empty', common.Empty),
  protobuf('arcbox.v1.PortBinding', common.PortBinding),
  protobuf('arcbox.v1.AgentPingRequest', agent.AgentPingRequest),
  protobuf('arcbox.v1.AgentPingResponse', agent.AgentPingResponse),
  protobuf('arcbox.v1.SystemInfo', agent.SystemInfo),
  protobuf('arcbox.v1.RuntimeEnsureRequest', agent.RuntimeEnsureRequest),
  protobuf('arcbox.v1.RuntimeEnsureResponse', agent.RuntimeEnsureResponse),
  protobuf('arcbox.v1.RuntimeStatusRequest', agent.RuntimeStatusRequest),
  protobuf('arcbox.v1.RuntimeStatusResponse', agent.RuntimeStatusResponse),
  protobuf('arcbox.v1.ServiceStatus', agent.ServiceStatus),
  protobuf('arcbox.v1.PortBindingsChanged', agent.PortBindingsChanged),
  protobuf('arcbox.v1.PortBindingsRemoved', agent.PortBindingsRemoved),
  ['Error', errorCodec],
]);

/** What `sandlight encode` is asked for. */
export interface MessageToEncode {
  /** Name in `arcbox.v1`, or `Error`. */
  readonly message: string;
  readonly json: unknown;
  /** Frame type; `undefined` for the lowest one that the message travels under. */
  readonly type: number | undefined;
  readonly traceId: string;
}

/**
 * Encodes one message, given as canonical proto3 JSON, into a frame.
 *
 * @throws AgentError `usage` when the message, the type or the JSON does not fit.
 */
export function encodeArcboxMessage({ message, json, type, traceId }: MessageToEncode): Buffer {
  const codec = codecs.get(message);
  const name = plainText(message, maxQuotedLength);
  if (codec === undefined) {
    const known = plainText([...codecs.keys()].join(', '), maxQuotedLength);
    throw new AgentError('usage', plain`${name} is not a message; known are ${known}.`);
  }
  const types = [...arcboxMessageNames].filter(([, known]) => known === message).map(([number]) => number);
  const chosen = type ?? types[0];
  if (chosen === undefined)
    throw new AgentError('usage', plain`${name} does not travel in a frame of its own.`);
  if (!types.includes(chosen)) {
    const allowed = plainText(types.join(' or '), maxQuotedLength);
    throw new AgentError('usage', plain`${name} travels under type ${allowed}, not ${chosen}.`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new AgentError('usage', plain`${name} must be given as a JSON object.`);
  }
  try {
    return encodeArcboxFrame(chosen, codec.fromJson(json), traceId);
  } catch (error) {
    throw AgentError.from(error, 'usage');
  }
}

/** One frame as JSON; `message` and `json` are `null` for a type that no published agent knows. */
export interface ArcboxFrameJson {
  readonly type: number;
  readonly traceId: string;
  readonly message: string | null;
  readonly json: unknown;
}

/**
 * Decodes a capture of whole frames.
 *
 * @throws AgentError for the first damage found; `truncated_frame` when it ends inside a frame.
 */
export function decodeArcboxCapture(bytes: Uint8Array): ArcboxFrameJson[] {
  const decoder = new ArcboxFrameDecoder();
  const frames: ArcboxFrameJson[] = [];
  decodeChunk(decoder, bytes, ({ type, traceId, payload }) => {
    const message = arcboxMessageNames.get(type) ?? null;
    const json = message === null ? null : (codecs.get(message)?.toJson(payload) ?? null);
    frames.push({ type, traceId, message, json });
  });
  decoder.end();
  return frames;
}
