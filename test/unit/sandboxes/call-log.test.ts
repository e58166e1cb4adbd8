import { expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import { plain } from '../../../src/base/text.ts';
import { CallLog } from '../../../src/sandboxes/watch/call-log.ts';

test('notes how every call ended, and keeps the latest twenty', async () => {
  const log = new CallLog();
  const refused = new AgentError('unsupported', plain`no`);
  for (let i = 0; i < 25; i++) await expect(log.note('ping', () => Promise.resolve(i))).resolves.toBe(i);
  await expect(log.note('clock.sync', () => Promise.reject(refused))).rejects.toBe(refused);
  expect(log.outcomes).toHaveLength(20);
  expect(log.outcomes.map(({ call, outcome }) => `${call} ${outcome}`).slice(-2)).toEqual([
    'ping ok',
    'clock.sync unsupported',
  ]);
});
