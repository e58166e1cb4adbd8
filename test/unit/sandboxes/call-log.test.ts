import { expect, test } from 'vitest';
import { AgentError, type AgentErrorCode } from '../../../src/agent/errors.ts';
import { plain } from '../../../src/base/text.ts';
import { CallLog, maxFailures } from '../../../src/sandboxes/watch/call-log.ts';

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

test('keeps each kind of failure apart from the flood of good polls, and counts it', async () => {
  const log = new CallLog();
  const fail = (code: AgentErrorCode, call: 'ping' | 'connect' = 'ping'): Promise<unknown> =>
    log.note(call, () => Promise.reject(new AgentError(code, plain`no`))).catch(() => undefined);
  await fail('timeout');
  await fail('unreachable', 'connect');
  await fail('timeout');
  for (let i = 0; i < 1000; i++) await log.note('ping', () => Promise.resolve());
  expect(log.failures.map(({ latest, times }) => [latest.call, latest.outcome, times])).toEqual([
    ['connect', 'unreachable', 1],
    ['ping', 'timeout', 2],
  ]);
  expect(log.failures.length).toBeLessThanOrEqual(maxFailures);
});
