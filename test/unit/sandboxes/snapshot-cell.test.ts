import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { plain } from '../../../src/base/text.ts';
import { SnapshotCell } from '../../../src/sandboxes/watch/snapshot-cell.ts';

const newCell = (): SnapshotCell =>
  new SnapshotCell(
    { id: 's', name: plain`s`, endpoint: parseEndpoint('arcbox+unix:///s.sock'), source: 'settings' },
    () => undefined,
  );

/** Takes an answer of which only the first `length` characters may be shown. */
function take(cell: SnapshotCell, answer: 'system' | 'listening', text: string, length: number): void {
  cell.dated(answer, null, (cleaner) => cleaner.text(text, length));
  cell.patch({});
}

test('what is cut is counted as it is at present: the same answer again adds nothing, a whole one takes it back', () => {
  const cell = newCell();
  take(cell, 'system', 'too long', 3);
  take(cell, 'system', 'too long', 3);
  expect(cell.snapshot.cuts).toBe(1);
  take(cell, 'listening', 'too long as well', 3);
  expect(cell.snapshot.cuts).toBe(2);
  take(cell, 'system', 'fits', 10);
  expect(cell.snapshot.cuts).toBe(1);
});

test('an answer that is the same keeps its value and has a new moment', () => {
  const cell = newCell();
  const clean = (): { readonly load: readonly number[] } => ({ load: [1] });
  const first = cell.dated('system', null, clean);
  const second = cell.dated('system', { value: first.value, atMs: 5 }, clean);
  expect(second.value).toBe(first.value);
  expect(second.atMs).toBeGreaterThan(5);
});
