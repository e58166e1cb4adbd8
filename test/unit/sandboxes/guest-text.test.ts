import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PortBinding } from '../../../src/agent/generated/arcbox/v1/common.ts';
import { cleanBindings } from '../../../src/sandboxes/model/guest-facts.ts';
import { GuestTextCleaner } from '../../../src/base/guest-text.ts';
import { applyPortChange } from '../../../src/sandboxes/model/port-book.ts';

test('control, bidirectional and invisible characters never reach the screen, and the length is bounded', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 2, max: 100 }),
      (text, maxLength) => {
        const cleaned = new GuestTextCleaner().text(text, maxLength);
        expect(cleaned.length).toBeLessThanOrEqual(maxLength);
        expect(cleaned).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029\ufeff]/u);
      },
    ),
  );
});

test('words stay apart and letters of every script stay', () => {
  const cleaner = new GuestTextCleaner();
  expect(cleaner.text('a\u0000\r\nb\u202Ec', 50)).toBe('a b c');
  expect(cleaner.text('容器 Gerät \u{1f600}', 50)).toBe('容器 Gerät \u{1f600}');
  expect(cleaner.cuts).toBe(0);
});

test('a cut is marked, counted and never splits a character', () => {
  const cleaner = new GuestTextCleaner();
  expect(cleaner.text('x'.repeat(10_000), 10)).toBe(`${'x'.repeat(9)}…`);
  expect(cleaner.text('abcd\u{1f600}\u{1f600}', 6)).toBe('abcd…');
  expect(cleaner.cuts).toBe(2);
});

test('ports that cannot exist are dropped and counted, twins are kept in order', () => {
  const cleaner = new GuestTextCleaner();
  const binding = (containerPort: number, hostPort: number, hostIp = '127.0.0.1'): PortBinding => ({
    containerPort,
    hostPort,
    protocol: 'TCP',
    hostIp,
  });
  const bindings = [
    binding(81, 1),
    binding(80, 70000),
    binding(0, 5),
    binding(80, 2, '::'),
    binding(80, 2, '0.0.0.0'),
  ];
  expect(
    cleanBindings(bindings, cleaner).map(({ hostIp, hostPort, protocol }) => [hostIp, hostPort, protocol]),
  ).toEqual([
    ['0.0.0.0', 2, 'tcp'],
    ['::', 2, 'tcp'],
    ['127.0.0.1', 1, 'tcp'],
  ]);
  expect(cleaner.cuts).toBe(2);
});

test('a port book follows a snapshot, changes and removals, and says when it is stale', () => {
  const binding = { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '::' };
  let book = applyPortChange(null, { kind: 'snapshot', containers: new Map([['b', [binding]]]) });
  book = applyPortChange(book, { kind: 'changed', containerId: 'a', bindings: [binding] });
  expect(book?.containers.map(({ containerId }) => containerId)).toEqual(['a', 'b']);
  book = applyPortChange(book, { kind: 'changed', containerId: 'b', bindings: [] });
  expect(book?.containers.map(({ containerId }) => containerId)).toEqual(['a']);
  book = applyPortChange(book, { kind: 'stale', reason: { message: 'lost' } as never });
  expect(book?.staleReason).toBe('lost');
  book = applyPortChange(book, { kind: 'snapshot', containers: new Map() });
  expect(book).toEqual({ containers: [], dropped: 0, staleReason: null });
});
