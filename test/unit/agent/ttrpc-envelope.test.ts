import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Request, Response } from '../../../src/agent/generated/ttrpc/v1/ttrpc.ts';
import {
  decodeTtrpcRequest,
  decodeTtrpcResponse,
  encodeTtrpcError,
  encodeTtrpcNames,
  encodeTtrpcReply,
  encodeTtrpcRequest,
} from '../../../src/agent/wire/ttrpc-envelope.ts';
import { ttrpcHeaderBytes, ttrpcMaxBodyBytes } from '../../../src/agent/wire/ttrpc-frame.ts';
import { errorOf } from '../../support/matching.ts';

const tooLarge = errorOf('frame_too_large');

describe('a ttrpc request', () => {
  it('is what the generated encoder makes of it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme', maxLength: 200 }),
        fc.string({ minLength: 1 }),
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        (service, method, payload, timeoutMs) => {
          const names = encodeTtrpcNames(service, method);
          const frame = encodeTtrpcRequest(3, { names, payload, flags: 1, timeoutMs });
          const timeoutNano = BigInt(timeoutMs) * 1_000_000n;
          const body = Request.encode({ service, method, payload, timeoutNano, metadata: [] }).finish();
          expect(frame.subarray(ttrpcHeaderBytes)).toEqual(Buffer.from(body));
          expect(frame.subarray(0, ttrpcHeaderBytes).toString('hex')).toBe(
            `${body.byteLength.toString(16).padStart(8, '0')}000000030101`,
          );
        },
      ),
    );
  });

  it('is refused when it exceeds 4 MiB by one byte', () => {
    const names = encodeTtrpcNames('s', 'm');
    const overhead = names.length + 5;
    const payload = new Uint8Array(ttrpcMaxBodyBytes - overhead);
    const call = { names, payload, flags: 0, timeoutMs: 0 };
    expect(encodeTtrpcRequest(1, call).length).toBe(ttrpcHeaderBytes + ttrpcMaxBodyBytes);
    const larger = { ...call, payload: new Uint8Array(payload.byteLength + 1) };
    expect(() => encodeTtrpcRequest(1, larger)).toThrow(tooLarge);
  });

  it('that is not one is malformed', () => {
    expect(() => decodeTtrpcRequest(Buffer.from('ffff', 'hex'))).toThrow(errorOf('malformed_payload'));
  });
});

describe('a ttrpc response', () => {
  it('carries any payload through', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (payload) => {
        const body = encodeTtrpcReply(1, payload).subarray(ttrpcHeaderBytes);
        expect(body).toEqual(Buffer.from(Response.encode({ status: undefined, payload }).finish()));
        const decoded = decodeTtrpcResponse(body);
        expect(decoded.status).toBeUndefined();
        expect(Buffer.from(decoded.payload)).toEqual(Buffer.from(payload));
      }),
    );
  });

  it('without a body is an empty message', () => {
    expect(decodeTtrpcResponse(new Uint8Array(0))).toEqual({ status: undefined, payload: new Uint8Array(0) });
  });

  it('decodes whichever way its fields come', () => {
    const status = { code: 5, message: 'no' };
    const payload = Buffer.of(1, 2, 3);
    const payloadFirst = Buffer.concat([
      Response.encode({ status: undefined, payload }).finish(),
      Response.encode({ status, payload: new Uint8Array(0) }).finish(),
    ]);
    expect(decodeTtrpcResponse(payloadFirst)).toEqual({ status, payload });
  });

  it('cut anywhere is malformed or a shorter field, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        try {
          decodeTtrpcResponse(body);
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_payload' });
        }
      }),
    );
  });

  it('with an endless error text is cut to fit', () => {
    const frame = encodeTtrpcError(1, 13, 'x'.repeat(10_000_000));
    expect(decodeTtrpcResponse(frame.subarray(ttrpcHeaderBytes)).status?.message.length).toBe(8192);
  });
});
