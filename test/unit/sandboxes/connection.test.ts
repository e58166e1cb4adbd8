import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import {
  backoffMs,
  nextConnectionState,
  type ConnectionEvent,
  type ConnectionState,
} from '../../../src/sandboxes/model/connection.ts';

const gone = new AgentError('unreachable', 'gone');
const lost = (error = gone): ConnectionEvent => ({ kind: 'lost', error, nowMs: 1000, random: 0.5 });

function run(...events: ConnectionEvent[]): ConnectionState {
  return events.reduce<ConnectionState>(nextConnectionState, { phase: 'idle' });
}

test('a connection that is lost waits, tries again and opens', () => {
  expect(run({ kind: 'connect' }, { kind: 'opened', nowMs: 5 }, lost())).toEqual({
    phase: 'backoff',
    attempt: 0,
    retryAtMs: 1250,
    lastError: gone,
  });
  expect(run({ kind: 'connect' }, lost(), { kind: 'retryDue' })).toEqual({
    phase: 'connecting',
    attempt: 2,
    lastError: gone,
  });
  expect(run({ kind: 'connect' }, lost(), { kind: 'retryDue' }, { kind: 'opened', nowMs: 9 })).toEqual({
    phase: 'open',
    sinceMs: 9,
  });
});

test('an error that a retry cannot cure ends the attempts until somebody asks again', () => {
  const failed = run({ kind: 'connect' }, lost(new AgentError('unsupported', 'no')));
  expect(failed.phase).toBe('failed');
  expect(nextConnectionState(failed, { kind: 'retryDue' })).toBe(failed);
  expect(nextConnectionState(failed, { kind: 'connect' }).phase).toBe('connecting');
});

describe('backoff', () => {
  test('doubles from 250 ms to 30 s, within 10 %', () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0.5))).toEqual([250, 500, 1000, 2000]);
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const delayMs = backoffMs(attempt, random);
          expect(delayMs).toBeGreaterThanOrEqual(225);
          expect(delayMs).toBeLessThanOrEqual(33_000);
        },
      ),
    );
  });
});
