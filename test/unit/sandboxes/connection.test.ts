import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import { backoffMs } from '../../../src/base/backoff.ts';
import { plain } from '../../../src/base/text.ts';
import {
  connectionError,
  failedRetryMs,
  initialConnection,
  nextConnectionState,
  steadyMs,
  type ConnectionEvent,
  type ConnectionState,
} from '../../../src/sandboxes/model/connection.ts';

const gone = new AgentError('unreachable', plain`gone`);
const hopeless = new AgentError('unsupported', plain`no`);
const connect: ConnectionEvent = { kind: 'connect' };
const retry: ConnectionEvent = { kind: 'retry' };
const disconnect: ConnectionEvent = { kind: 'disconnect' };
const opened = (attempt: number, nowMs = 0): ConnectionEvent => ({ kind: 'opened', attempt, nowMs });
const lost = (attempt: number, nowMs = 1000, error = gone): ConnectionEvent => ({
  ...{ kind: 'lost', attempt, error, nowMs, random: 0.5 },
});
const runs = (mayAnswer: boolean): ConnectionEvent => ({ kind: 'mayAnswer', mayAnswer });

function after(...events: ConnectionEvent[]): ConnectionState {
  return events.reduce(nextConnectionState, initialConnection(true));
}

test('a connection that is lost waits, tries again and opens', () => {
  expect(after(connect)).toEqual({ phase: 'connecting', attempt: 1, failures: 0, lastError: null });
  expect(after(connect, lost(1))).toEqual({
    ...{ phase: 'backoff', attempt: 1, failures: 1, retryAtMs: 1500, lastError: gone },
  });
  expect(after(connect, lost(1), retry)).toEqual({
    ...{ phase: 'connecting', attempt: 2, failures: 1, lastError: gone },
  });
  expect(after(connect, lost(1), retry, opened(2, 9))).toEqual({
    ...{ phase: 'open', attempt: 2, failures: 1, sinceMs: 9 },
  });
});

test('only a connection that was steady makes what failed before it forgotten', () => {
  const failedTwice = [connect, lost(1), retry, lost(2), retry, opened(3, 0)];
  expect(after(...failedTwice, lost(3, steadyMs - 1))).toMatchObject({ phase: 'backoff', failures: 3 });
  expect(after(...failedTwice, lost(3, steadyMs))).toMatchObject({
    ...{ phase: 'backoff', failures: 0, retryAtMs: steadyMs + 250 },
  });
});

test('how long a connection lasted counts from when it opened', () => {
  expect(after(connect, opened(1, 50_000), lost(1, 50_000 + steadyMs - 1))).toMatchObject({ failures: 1 });
  expect(after(connect, opened(1, 50_000), lost(1, 50_000 + steadyMs))).toMatchObject({ failures: 0 });
});

test('an error that a retry hardly cures is looked at again slowly, or when somebody looks', () => {
  const failed = after(connect, lost(1, 0, hopeless));
  expect(failed).toMatchObject({ phase: 'failed', retryAtMs: failedRetryMs });
  expect(nextConnectionState(failed, retry)).toMatchObject({ phase: 'connecting', attempt: 2, failures: 1 });
  expect(nextConnectionState(failed, connect)).toMatchObject({ phase: 'connecting', failures: 0 });
});

test('asking for a connection tries at once, and begins the waits anew', () => {
  expect(after(connect, lost(1), retry, lost(2), connect)).toMatchObject({
    ...{ phase: 'connecting', attempt: 3, failures: 0, lastError: gone },
  });
});

test.each<[string, ConnectionEvent[]]>([
  ['connect while connecting', [connect]],
  ['connect while open', [connect, opened(1)]],
  ['a retry while idle', []],
])('%s changes nothing', (name, events) => {
  const state = after(...events);
  expect(nextConnectionState(state, name.startsWith('connect') ? connect : retry)).toBe(state);
});

test('what comes from an earlier attempt changes nothing', () => {
  const again = after(connect, disconnect, connect);
  expect(again).toMatchObject({ phase: 'connecting', attempt: 2 });
  expect(nextConnectionState(again, opened(1))).toBe(again);
  expect(nextConnectionState(again, lost(1))).toBe(again);
  const open = nextConnectionState(again, opened(2));
  expect(nextConnectionState(open, lost(1))).toBe(open);
  expect(nextConnectionState(open, opened(2))).toBe(open);
});

test('an open connection can be wanted anew without being wanted less', () => {
  expect(after(connect, opened(1), { kind: 'reconnect' })).toMatchObject({
    ...{ phase: 'connecting', attempt: 2, lastError: null },
  });
  const waiting = after(connect, lost(1));
  expect(nextConnectionState(waiting, { kind: 'reconnect' })).toBe(waiting);
});

test('a sandbox that does not run is not connected to, and is when it runs again', () => {
  const stopped = after(connect, opened(1), runs(false));
  expect(stopped).toEqual({ phase: 'idle', attempt: 1, isWanted: true, mayAnswer: false });
  expect(nextConnectionState(stopped, connect)).toBe(stopped);
  expect(nextConnectionState(stopped, runs(true))).toMatchObject({ phase: 'connecting', attempt: 2 });
  expect(after(runs(false), connect)).toEqual({
    phase: 'idle',
    attempt: 0,
    isWanted: true,
    mayAnswer: false,
  });
});

test('a sandbox that was disconnected on purpose stays so when it is started', () => {
  expect(after(connect, runs(false), disconnect, runs(true))).toEqual({
    ...{ phase: 'idle', attempt: 1, isWanted: false, mayAnswer: true },
  });
});

test('nobody has to want it twice, or to stop twice', () => {
  const idle = initialConnection(true);
  expect(idle).toEqual({ phase: 'idle', attempt: 0, isWanted: false, mayAnswer: true });
  expect(nextConnectionState(idle, disconnect)).toBe(idle);
  expect(after(connect, opened(1), disconnect)).toEqual({ ...idle, attempt: 1 });
  expect(nextConnectionState(idle, runs(true))).toBe(idle);
  const open = after(connect, opened(1));
  expect(nextConnectionState(open, runs(true))).toBe(open);
  const stopped = nextConnectionState(idle, runs(false));
  expect(stopped).toEqual({ ...idle, mayAnswer: false });
  expect(nextConnectionState(stopped, disconnect)).toBe(stopped);
  expect(nextConnectionState(stopped, runs(true))).toEqual(idle);
  expect(after(runs(false), connect, disconnect)).toEqual(stopped);
});

test('what is lost while nothing is tried or open changes nothing', () => {
  for (const state of [
    initialConnection(true),
    after(connect, lost(1)),
    after(connect, lost(1, 0, hopeless)),
  ])
    expect(nextConnectionState(state, lost(state.attempt))).toBe(state);
});

test.each(['invalid_endpoint', 'unsupported', 'usage'] as const)('%s is hardly cured by a retry', (code) => {
  const error = new AgentError(code, plain`no`);
  const at = (random: number): ConnectionState =>
    nextConnectionState(after(connect), { kind: 'lost', attempt: 1, error, nowMs: 1000, random });
  expect(at(0)).toMatchObject({ phase: 'failed', retryAtMs: 1000 + 54_000 });
  expect(at(1)).toMatchObject({ phase: 'failed', retryAtMs: 1000 + 66_000 });
});

test('only what has gone wrong is an error', () => {
  expect(connectionError(after(connect))).toBeNull();
  expect(connectionError(after(connect, lost(1)))).toBe(gone);
  expect(connectionError(after(connect, lost(1), retry))).toBe(gone);
  expect(connectionError(after(connect, lost(1), retry, opened(2)))).toBeNull();
  expect(connectionError(after(connect, lost(1), disconnect))).toBeNull();
});

describe('in any order of events', () => {
  const attempt = fc.nat(6);
  const nowMs = fc.nat(100_000);
  const event = fc.oneof(
    fc.constantFrom<ConnectionEvent>(
      connect,
      disconnect,
      retry,
      { kind: 'reconnect' },
      runs(true),
      runs(false),
    ),
    fc.record({ kind: fc.constant('opened' as const), attempt, nowMs }),
    fc.record({
      ...{ kind: fc.constant('lost' as const), attempt, nowMs },
      error: fc.constantFrom(gone, hopeless),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
  );

  test('attempts only rise, nothing is open that was not being connected, and idle has a reason', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state = initialConnection(true);
        for (const next of events) {
          const before = state;
          state = nextConnectionState(before, next);
          expect(state.attempt - before.attempt).toBe(
            state.phase === 'connecting' && state !== before ? 1 : 0,
          );
          if (state.phase === 'open' && before.phase !== 'open') expect(before.phase).toBe('connecting');
          if (state.phase === 'idle') expect(state.isWanted && state.mayAnswer).toBe(false);
        }
      }),
    );
  });
});

describe('backoff', () => {
  test('doubles from 250 ms to 30 s, within 10 %', () => {
    expect([0, 1, 2, 3].map((failures) => backoffMs(failures, 0.5))).toEqual([250, 500, 1000, 2000]);
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const delayMs = backoffMs(failures, random);
          expect(delayMs).toBeGreaterThanOrEqual(225);
          expect(delayMs).toBeLessThanOrEqual(33_000);
        },
      ),
    );
  });
});
