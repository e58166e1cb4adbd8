import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { linkAbort } from '../../../src/base/abort.ts';

test('a linked signal aborts with the first of its signals, for the same reason', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const { signal } = linkAbort([first.signal, undefined, second.signal]);
  expect(signal.aborted).toBe(false);
  second.abort('because');
  first.abort('late');
  expect(signal.reason).toBe('because');
});

test('a signal that aborted before counts', () => {
  const { signal } = linkAbort([new AbortController().signal, AbortSignal.abort('before')]);
  expect(signal.reason).toBe('before');
});

test('nothing is left on a signal that lives on', () => {
  const longLived = new AbortController();
  const listeners = (): number => getEventListeners(longLived.signal, 'abort').length;
  const disposed = linkAbort([longLived.signal]);
  disposed.dispose();
  expect(listeners()).toBe(0);
  const other = new AbortController();
  linkAbort([longLived.signal, other.signal]);
  other.abort();
  expect(listeners()).toBe(0);
  linkAbort([longLived.signal, AbortSignal.abort()]);
  expect(listeners()).toBe(0);
  longLived.abort();
  expect(disposed.signal.aborted).toBe(false);
});
