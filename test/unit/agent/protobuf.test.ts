import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import { RuntimeStatusResponse, SystemInfo } from '../../../src/agent/generated/arcbox/v1/agent.ts';
import { checkPayload } from '../../../src/agent/wire/protobuf.ts';

test('whatever the generated encoder writes passes the check and decodes back', () => {
  const text = fc.string({ unit: 'grapheme' });
  const service = fc.record({ name: text, status: text, detail: text });
  const status = fc.record({
    containerdReady: fc.boolean(),
    dockerReady: fc.boolean(),
    endpoint: text,
    detail: text,
    services: fc.array(service, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(status, (message) => {
      const bytes = RuntimeStatusResponse.encode(message).finish();
      checkPayload('arcbox.v1.RuntimeStatusResponse', bytes);
      expect(RuntimeStatusResponse.decode(bytes)).toEqual(message);
    }),
  );
});

test('arbitrary bytes either fail as malformed or decode without throwing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        checkPayload('arcbox.v1.SystemInfo', bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(AgentError);
        expect(error).toMatchObject({ code: 'malformed_payload' });
        return;
      }
      SystemInfo.decode(bytes);
    }),
    { numRuns: 2000 },
  );
});
