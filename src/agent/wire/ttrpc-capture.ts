import { Request, Response } from '../generated/ttrpc/v1/ttrpc.ts';
import { decodeChunk } from './frame-decoder.ts';
import { decodeTtrpcRequest, decodeTtrpcResponse } from './ttrpc-envelope.ts';
import { TtrpcFrameDecoder, ttrpcType, type TtrpcFrame } from './ttrpc-frame.ts';

/** One frame as JSON. */
export interface CapturedTtrpcFrame {
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  /** What the body is; `null` for the bare message of a stream, for an unknown type and for a discarded body. */
  readonly message: 'Request' | 'Response' | null;
  /** The envelope in proto3 JSON, its payload in base64; otherwise the body in hexadecimal, `null` when discarded. */
  readonly json: unknown;
}

/**
 * Decodes the bytes that one side of a ttrpc connection sent.
 *
 * @throws AgentError `frame_too_large`, `truncated_frame` or `malformed_payload`.
 */
export function decodeTtrpcCapture(bytes: Uint8Array): { readonly frames: readonly CapturedTtrpcFrame[] } {
  const decoder = new TtrpcFrameDecoder();
  const frames: CapturedTtrpcFrame[] = [];
  decodeChunk(decoder, bytes, (frame) => frames.push(captureFrame(frame)));
  decoder.end();
  return { frames };
}

function captureFrame({ streamId, type, flags, body }: TtrpcFrame): CapturedTtrpcFrame {
  const head = { streamId, type, flags };
  if (body === undefined) return { ...head, message: null, json: null };
  if (type === ttrpcType.request) {
    return { ...head, message: 'Request', json: Request.toJSON(decodeTtrpcRequest(body)) };
  }
  if (type === ttrpcType.response) {
    return { ...head, message: 'Response', json: Response.toJSON(decodeTtrpcResponse(body)) };
  }
  return { ...head, message: null, json: Buffer.from(body).toString('hex') };
}
