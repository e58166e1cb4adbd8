import { expect, it } from 'vitest';
import { decodeTtrpcCapture } from '../../../src/agent/wire/ttrpc-capture.ts';
import {
  encodeTtrpcError,
  encodeTtrpcNames,
  encodeTtrpcReply,
  encodeTtrpcRequest,
} from '../../../src/agent/wire/ttrpc-envelope.ts';
import { encodeTtrpcFrame, ttrpcMaxBodyBytes } from '../../../src/agent/wire/ttrpc-frame.ts';

const head = { streamId: 1, flags: 0 };

it('shows the envelopes of a capture as JSON, and other bodies as they are', () => {
  const names = encodeTtrpcNames('arcbox.v1.AgentService', 'Ping');
  const payload = Buffer.from('hi');
  const capture = Buffer.concat([
    encodeTtrpcRequest(1, { names, payload, flags: 0, timeoutMs: 5 }),
    encodeTtrpcReply(1, payload),
    encodeTtrpcError(1, 12, 'method Nope'),
    encodeTtrpcFrame(1, 3, 0, payload),
  ]);
  expect(decodeTtrpcCapture(capture).frames).toEqual([
    {
      ...head,
      type: 1,
      message: 'Request',
      json: { service: 'arcbox.v1.AgentService', method: 'Ping', payload: 'aGk=', timeoutNano: '5000000' },
    },
    { ...head, type: 2, message: 'Response', json: { payload: 'aGk=' } },
    { ...head, type: 2, message: 'Response', json: { status: { code: 12, message: 'method Nope' } } },
    { ...head, type: 3, message: null, json: '6869' },
  ]);
});

it('shows a frame over the limit without its body', () => {
  const header = Buffer.alloc(10);
  header.writeUInt32BE(ttrpcMaxBodyBytes + 1, 0);
  const capture = Buffer.concat([header, Buffer.alloc(ttrpcMaxBodyBytes + 1)]);
  expect(decodeTtrpcCapture(capture).frames).toMatchObject([{ message: null, json: null }]);
});
