import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { AgentError } from '../../../src/agent/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';
import { FakeSession } from './fake-session.ts';

const endpoint = parseEndpoint('arcbox+unix:///run/agent.sock');
const options = { timeoutMs: 1000, logger: silentLogger };

test('notes how every call ended, and keeps the latest twenty', async () => {
  const log = new CallLog();
  const session = await log.recording(() => Promise.resolve(new FakeSession()))(endpoint, options);
  for (let i = 0; i < 25; i++) await session.ping(options);
  await expect(session.syncClock(options)).rejects.toThrow(AgentError);
  expect(log.outcomes).toHaveLength(20);
  expect(log.outcomes.map(({ call, outcome }) => `${call} ${outcome}`).slice(-2)).toEqual([
    'ping ok',
    'syncClock unsupported',
  ]);
});

test('notes a connection that failed, and passes its error on', async () => {
  const log = new CallLog();
  const refused = new AgentError('unreachable', 'Nobody listens.');
  const connect = log.recording(() => Promise.reject(refused));
  await expect(connect(endpoint, options)).rejects.toBe(refused);
  expect(log.outcomes).toMatchObject([{ call: 'connect', outcome: 'unreachable' }]);
});
