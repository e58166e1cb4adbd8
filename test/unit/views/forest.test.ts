import { expect, test } from 'vitest';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { changedNodes, emptyForest, plant, type Forest } from '../../../src/views/tree/forest.ts';
import { sandboxBranch } from '../../../src/views/tree/sandbox.ts';
import { binding, connected, disconnected, nowMs, published } from './recorded.ts';

const forestOf = (snapshots: readonly SandboxSnapshot[], previous: Forest = emptyForest): Forest =>
  plant(
    snapshots.map((snapshot) => sandboxBranch(snapshot, 'here')),
    previous,
  );

/** The labels of the rows that a step from one list of snapshots to another draws again. */
function redrawn(before: readonly SandboxSnapshot[], after: readonly SandboxSnapshot[]): string[] | 'all' {
  const old = forestOf(before);
  const next = forestOf(after, old);
  const changed = changedNodes(old, next);
  return changed === 'all' ? changed : changed.map(({ id }) => next.entries.get(id)!.row.label);
}

test('equal snapshots draw nothing again', () => {
  expect(redrawn([connected()], [connected()])).toEqual([]);
});

test('a new round trip draws nothing again', () => {
  expect(redrawn([connected()], [connected({ roundTripMs: { value: 9.9, atMs: nowMs } })])).toEqual([]);
});

test('a service with another detail draws only itself', () => {
  const before = connected();
  const value = structuredClone(before.runtime!.value);
  value.services[1]!.detail = 'starting up';
  expect(redrawn([before], [connected({ runtime: { value, atMs: nowMs } })])).toEqual(['dockerd']);
});

test('a published port draws only the Ports group', () => {
  const ports = published({ c0ffee: [binding(8080, 49152)], f00d: [binding(80, 49153)] });
  expect(redrawn([connected()], [connected({ ports })])).toEqual(['Ports']);
});

test('a change in one sandbox leaves the others alone, also when they have the same name or container', () => {
  const twin = connected({ id: 'settings/web/arcbox+unix:///run/other.sock' });
  const system = structuredClone(twin.system!.value);
  system.availableMemory = 1n;
  expect(
    redrawn([connected(), twin], [connected(), { ...twin, system: { value: system, atMs: nowMs } }]),
  ).toEqual(['Memory']);
});

test('only sandboxes that come, go or move draw everything again', () => {
  const other = connected({ id: 'other', name: 'other' });
  expect(redrawn([connected()], [connected(), other])).toBe('all');
  expect(redrawn([connected(), other], [other, connected()])).toBe('all');
  expect(redrawn([connected()], [disconnected()])).toEqual(['web']);
});

test('every id is unique in the tree, whatever sandboxes and containers are called', () => {
  const names = ['a', 'a/group', 'a%2Fgroup', 'a/services', ''];
  const forest = forestOf(names.map((id) => connected({ id })));
  const count = (snapshot: SandboxSnapshot): number => forestOf([snapshot]).entries.size;
  expect(forest.entries.size).toBe(names.length * count(connected()));
});

test('ids, nodes and parents stay the same when data changes', () => {
  const before = forestOf([connected()]);
  const after = forestOf([disconnected()], before);
  for (const [id, entry] of before.entries) {
    expect(after.entries.get(id)?.node, id).toBe(entry.node);
    expect(after.entries.get(id)?.parentId).toBe(entry.parentId);
  }
});

test('every row but a root has a parent that lists it', () => {
  const { entries, rootIds } = forestOf([connected()]);
  for (const [id, { parentId }] of entries) {
    if (parentId === undefined) expect(rootIds).toContain(id);
    else expect(entries.get(parentId)?.childIds).toContain(id);
  }
});
