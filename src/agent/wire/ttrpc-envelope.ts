import { Request, Response } from '../generated/ttrpc/v1/ttrpc.ts';
import { checkPayload } from './protobuf.ts';
import {
  checkTtrpcBodyBytes,
  encodeTtrpcFrame,
  ttrpcHeaderBytes,
  ttrpcType,
  writeTtrpcHeader,
} from './ttrpc-frame.ts';

// Requests and successful responses are written by hand, frame and envelope into one buffer, because encoding is most
// of what a small call costs on this side. What is rare goes through the generated code.

/** Tags of the length-delimited and varint fields written here; see proto/ttrpc/v1/ttrpc.proto. */
const tag = {
  requestService: 0x0a,
  requestMethod: 0x12,
  requestPayload: 0x1a,
  requestTimeoutNano: 0x20,
  responsePayload: 0x12,
} as const;

const nanosPerMs = 1_000_000;
/** Room for a tag and the longest varint that a double holds exactly. */
const maxFieldHeadBytes = 9;

/** Longest text of an error, in characters. */
const maxErrorTextLength = 8192;

/** A call to be opened. */
export interface TtrpcCall {
  /** Encoded names, from {@link encodeTtrpcNames}. */
  readonly names: Buffer;
  readonly payload: Uint8Array;
  /** See `ttrpcFlag`; 0 for a unary call. */
  readonly flags: number;
  /** Milliseconds the caller will wait; 0 sends no deadline. */
  readonly timeoutMs: number;
}

/** Encodes the fields that say which method is called, to be kept and used for every call of it. */
export function encodeTtrpcNames(service: string, method: string): Buffer {
  const names = Buffer.alloc(2 * maxFieldHeadBytes + Buffer.byteLength(service) + Buffer.byteLength(method));
  const end = writeBytesField(names, 0, tag.requestService, Buffer.from(service));
  return names.subarray(0, writeBytesField(names, end, tag.requestMethod, Buffer.from(method)));
}

/**
 * Encodes the frame that opens a call.
 *
 * @throws AgentError `frame_too_large`.
 */
export function encodeTtrpcRequest(streamId: number, call: TtrpcCall): Buffer {
  const { names, payload, timeoutMs } = call;
  const frame = Buffer.allocUnsafe(
    ttrpcHeaderBytes + names.length + payload.byteLength + 2 * maxFieldHeadBytes,
  );
  names.copy(frame, ttrpcHeaderBytes);
  let end = ttrpcHeaderBytes + names.length;
  if (payload.byteLength > 0) end = writeBytesField(frame, end, tag.requestPayload, payload);
  if (timeoutMs > 0) {
    frame[end] = tag.requestTimeoutNano;
    end = writeVarint(frame, end + 1, Math.ceil(timeoutMs * nanosPerMs));
  }
  return finishFrame(frame, end, streamId, ttrpcType.request, call.flags);
}

/**
 * Encodes the frame that answers a call successfully.
 *
 * @throws AgentError `frame_too_large`.
 */
export function encodeTtrpcReply(streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(ttrpcHeaderBytes + maxFieldHeadBytes + payload.byteLength);
  const start = ttrpcHeaderBytes;
  const end = payload.byteLength === 0 ? start : writeBytesField(frame, start, tag.responsePayload, payload);
  return finishFrame(frame, end, streamId, ttrpcType.response, 0);
}

/** Encodes the frame that answers a call with an error; the text is cut after 8192 characters so that it always fits. */
export function encodeTtrpcError(streamId: number, code: number, text: string): Buffer {
  const status = { code, message: text.slice(0, maxErrorTextLength) };
  const body = Response.encode({ status, payload: new Uint8Array(0) }).finish();
  return encodeTtrpcFrame(streamId, ttrpcType.response, 0, body);
}

/**
 * Decodes the body of a request frame; its payload is a view.
 *
 * @throws AgentError `malformed_payload`.
 */
export function decodeTtrpcRequest(body: Uint8Array): Request {
  checkPayload('ttrpc.v1.Request', body);
  return Request.decode(body);
}

/**
 * Decodes the body of a response frame; its payload is a view.
 *
 * @throws AgentError `malformed_payload`.
 */
export function decodeTtrpcResponse(body: Uint8Array): Response {
  const payload = solePayload(body);
  if (payload !== undefined) return { status: undefined, payload };
  checkPayload('ttrpc.v1.Response', body);
  return Response.decode(body);
}

/** The payload of a response that holds nothing else, as successful ones do; otherwise `undefined`. */
function solePayload(body: Uint8Array): Uint8Array | undefined {
  if (body[0] !== tag.responsePayload) return undefined;
  let length = 0;
  for (let offset = 1; offset <= 4; offset++) {
    const byte = body[offset] ?? 0x80;
    length |= (byte & 0x7f) << (7 * (offset - 1));
    if (byte < 0x80) return offset + 1 + length === body.byteLength ? body.subarray(offset + 1) : undefined;
  }
  return undefined;
}

function finishFrame(frame: Buffer, end: number, streamId: number, type: number, flags: number): Buffer {
  const bodyBytes = end - ttrpcHeaderBytes;
  checkTtrpcBodyBytes(bodyBytes);
  writeTtrpcHeader(frame, bodyBytes, streamId, type, flags);
  return frame.subarray(0, end);
}

/** Writes a length-delimited field at `offset` and returns where it ends. */
function writeBytesField(target: Buffer, offset: number, fieldTag: number, bytes: Uint8Array): number {
  target[offset] = fieldTag;
  const start = writeVarint(target, offset + 1, bytes.byteLength);
  target.set(bytes, start);
  return start + bytes.byteLength;
}

/** Writes a non-negative integer below 2^53 at `offset` and returns where it ends. */
function writeVarint(target: Buffer, offset: number, value: number): number {
  let rest = value;
  let end = offset;
  while (rest >= 0x80) {
    target[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[end++] = rest;
  return end;
}
