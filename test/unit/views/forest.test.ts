import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import type { Snapshots } from '../../../src/views/per-sandbox.ts';
import { Forest, maxChangedSiblings } from '../../../src/views/tree/forest.ts';
import type { TreeNode } from '../../../src/views/tree/node.ts';
import {
  listed,
  binding,
  connected,
  disconnected,
  idle,
  nowMs,
  published,
  republished,
  snapshotsOf,
  text,
} from './recorded.ts';

const nothing: ReadonlySet<string> = new Set();

function forestOf(snapshots: readonly SandboxSnapshot[]): Forest {
  const forest = new Forest(listed);
  plantAll(forest, snapshotsOf(snapshots));
  return forest;
}

/** Takes all sandboxes in, and all of their rows. */
function plantAll(forest: Forest, snapshots: Snapshots): void {
  forest.update(snapshots, { listChanged: true, changed: nothing });
  forest.update(snapshots, { listChanged: false, changed: new Set(snapshots.ids()) });
}

const labelOf = (forest: Forest, node: TreeNode): string | undefined => forest.entry(node)?.branch.row.label;

/** The labels of the rows that a step from one list of snapshots to another draws again. */
function redrawn(before: readonly SandboxSnapshot[], after: readonly SandboxSnapshot[]): unknown[] | 'all' {
  const forest = forestOf(before);
  const listChanged = before.map(({ id }) => id).join() !== after.map(({ id }) => id).join();
  const changed = forest.update(snapshotsOf(after), {
    listChanged,
    changed: new Set(after.map(({ id }) => id)),
  });
  return changed === 'all' ? changed : changed.map((node) => labelOf(forest, node));
}

/** Everything a forest shows, by id. */
function shown(forest: Forest): unknown {
  const below = (node: TreeNode): unknown => ({
    id: node.id,
    node,
    row: forest.entry(node)?.branch.row,
    parent: forest.parent(node)?.id,
    children: forest.children(node).map(below),
  });
  return forest.roots().map(below);
}

test('equal snapshots draw nothing again', () => {
  expect(redrawn([connected()], [connected()])).toEqual([]);
});

test('a new round trip draws nothing again', () => {
  expect(redrawn([connected()], [connected({ roundTripMs: { value: 9.9, atMs: nowMs } })])).toEqual([]);
});

test('a service with another detail draws only itself', () => {
  const before = connected();
  const { services, ...status } = before.runtime!.value;
  const value = {
    ...status,
    services: services.map((service, index) =>
      index === 1 ? { ...service, detail: plain`starting up` } : service,
    ),
  };
  expect(redrawn([before], [connected({ runtime: { value, atMs: nowMs } })])).toEqual(['dockerd']);
});

test('a published port draws only the Ports group', () => {
  const ports = published({ c0ffee: [binding(8080, 49152)], f00d: [binding(80, 49153)] });
  expect(redrawn([connected()], [connected({ ports })])).toEqual(['Ports']);
});

test('a change in one sandbox leaves the others alone, also when they have the same name or container', () => {
  const twin = connected({ id: 'settings/web/arcbox+unix:///run/other.sock' });
  const system = { ...twin.system!.value, availableMemory: 1n };
  expect(
    redrawn([connected(), twin], [connected(), { ...twin, system: { value: system, atMs: nowMs } }]),
  ).toEqual(['Memory']);
});

test('only sandboxes that come, go or move draw everything again', () => {
  const other = connected({ id: 'other', name: plain`other` });
  expect(redrawn([connected()], [connected(), other])).toBe('all');
  expect(redrawn([connected(), other], [connected()])).toBe('all');
  expect(redrawn([connected(), other], [other, connected()])).toBe('all');
  expect(redrawn([connected()], [disconnected()])).toEqual(['web']);
});

test('a list that was told anew and is the same draws nothing again', () => {
  const forest = forestOf([connected()]);
  expect(forest.update(snapshotsOf([connected()]), { listChanged: true, changed: nothing })).toEqual([]);
});

test('of many changed rows below one parent the parent is drawn again', () => {
  const services = (detail: string, count: number): SandboxSnapshot =>
    connected({
      runtime: {
        atMs: nowMs,
        value: {
          ...connected().runtime!.value,
          services: Array.from({ length: count }, (_, i) => ({
            name: text(`s${i}`),
            status: plain`ready`,
            detail: text(detail),
          })),
        },
      },
    });
  const few = redrawn([services('a', maxChangedSiblings)], [services('b', maxChangedSiblings)]);
  expect(few).toHaveLength(maxChangedSiblings);
  const count = maxChangedSiblings + 1;
  expect(redrawn([services('a', count)], [services('b', count)])).toEqual(['Services']);
});

test('every id is unique in the tree, whatever sandboxes and containers are called', () => {
  const names = ['a', 'a/group', 'a%2Fgroup', 'a/services', ''];
  const ids = (forest: Forest): string[] => [...forest.entries()].map(({ node }) => node.id);
  const all = ids(forestOf(names.map((id) => connected({ id }))));
  expect(new Set(all).size).toBe(names.length * ids(forestOf([connected()])).length);
});

test('ids, nodes and parents stay the same when data changes', () => {
  const forest = forestOf([connected()]);
  const before = [...forest.entries()].map(({ node }) => ({ node, parent: forest.parent(node) }));
  forest.update(snapshotsOf([disconnected()]), { listChanged: false, changed: new Set([connected().id]) });
  for (const { node, parent } of before) {
    expect(forest.entry(node)?.node, node.id).toBe(node);
    expect(forest.parent(node)).toBe(parent);
  }
});

test('every row but a root has a parent that lists it', () => {
  const forest = forestOf([connected()]);
  for (const { node } of forest.entries()) {
    const parent = forest.parent(node);
    if (parent === undefined) expect(forest.roots()).toContain(node);
    else expect(forest.children(parent)).toContain(node);
  }
});

/** A registry that counts how often a sandbox is looked at. */
function countingSnapshots(list: readonly SandboxSnapshot[]): {
  snapshots: Snapshots;
  replace: (snapshot: SandboxSnapshot) => void;
  takeReads: () => string[];
} {
  const byId = new Map(list.map((snapshot) => [snapshot.id, snapshot]));
  let reads: string[] = [];
  return {
    snapshots: {
      ids: () => {
        reads.push('ids');
        return [...byId.keys()];
      },
      get: (id) => {
        reads.push(id);
        return byId.get(id);
      },
    },
    replace: (snapshot) => {
      byId.set(snapshot.id, snapshot);
    },
    takeReads: () => {
      const taken = reads;
      reads = [];
      return taken;
    },
  };
}

test('one port among 1,000 sandboxes looks at one sandbox, and makes the rows of one container', () => {
  const list = Array.from({ length: 1000 }, (_, i) => {
    const containers = { a: [binding(1, 2)], b: [binding(3, 4)], c: [binding(5, 6)] };
    return connected({ id: `s${i}`, ports: published(containers) });
  });
  const { snapshots, replace, takeReads } = countingSnapshots(list);
  const forest = new Forest(listed);
  plantAll(forest, snapshots);
  takeReads();
  const branches = new Map([...forest.entries()].map(({ node, branch }) => [node.id, branch]));
  const before = list[500]!;
  replace({ ...before, ports: republished(before.ports, 'b', [binding(3, 4444)]) });
  const changed = forest.update(snapshots, { listChanged: false, changed: new Set(['s500']) });
  expect(takeReads()).toEqual(['s500']);
  expect(changed).toHaveLength(1);
  const others = [...forest.entries()].filter(({ node, branch }) => branches.get(node.id) !== branch);
  expect(others.map(({ branch }) => branch.row.label)).toEqual([before.name, 'Ports', 'b localhost:4444']);
});

test('one port among 2,000 containers makes one row', () => {
  const containers = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`c${i}`, [binding(1 + i, 10_000 + i)]]),
  );
  const before = connected({ ports: published(containers) });
  const forest = forestOf([before]);
  const known = new Set([...forest.entries()].map(({ branch }) => branch));
  const after = { ...before, ports: republished(before.ports, 'c1000', [binding(1001, 1)]) };
  forest.update(snapshotsOf([after]), { listChanged: false, changed: new Set([after.id]) });
  const made = [...forest.entries()].filter(({ branch }) => !known.has(branch));
  expect(made.map(({ branch }) => branch.row.label)).toEqual([after.name, 'Ports', 'c1000 localhost:1']);
});

/** One thing that happens to a sandbox, chosen by `value`. */
type Step = (snapshot: SandboxSnapshot, value: number) => SandboxSnapshot;

const steps: readonly Step[] = [
  (snapshot, value) => ({ ...snapshot, roundTripMs: { value, atMs: nowMs + value } }),
  (snapshot, value) => ({ ...snapshot, cuts: value % 2 }),
  (snapshot, value) => ({ ...snapshot, pollError: value % 2 === 0 ? null : plain`no` }),
  (snapshot, value) => ({ ...snapshot, name: text(`box ${value % 3}`) }),
  (snapshot, value) => ({
    ...snapshot,
    ports: republished(
      snapshot.ports,
      `c${value % 4}`,
      Array.from({ length: value % 3 }, (_, i) => binding(1 + i, 1 + value)),
    ),
  }),
  (snapshot, value) => ({
    ...snapshot,
    ports: value % 2 === 0 ? { kind: 'asking' } : published({ c1: [binding(80, 1 + value)] }),
  }),
  (snapshot, value) => ({
    ...snapshot,
    runtime: value % 5 === 0 ? null : { ...connected().runtime!, atMs: value },
  }),
  (snapshot, value) => ({
    ...snapshot,
    runtime: {
      atMs: value,
      value: {
        ...connected().runtime!.value,
        services: Array.from({ length: value % 12 }, (_, i) => ({
          name: text(`s${i % 5}`),
          status: text(value % 2 === 0 ? 'ready' : 'starting'),
          detail: text(String(value)),
        })),
      },
    },
  }),
  (snapshot, value) => ({ ...snapshot, system: value % 3 === 0 ? null : connected().system }),
  (snapshot) => disconnected(snapshot),
  (snapshot) => ({ ...snapshot, isStale: false, connection: connected().connection }),
  (snapshot) => ({ ...snapshot, isStale: false, connection: idle }),
];

test('after any changes the rows are those that would be made from nothing, and all that differ are told', () => {
  const stepOf = fc.record({ step: fc.nat(steps.length - 1), box: fc.nat(2), value: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(fc.array(stepOf, { maxLength: 4 }), { maxLength: 12 }), (slices) => {
      const list = [0, 1, 2].map((index) => connected({ id: `s${index}` }));
      const forest = forestOf(list);
      /** What VS Code shows: it asks anew for what it is told of, and for everything below that. */
      let drawn = new Map<string, unknown>();
      const draw = (node: TreeNode): void => {
        drawn.set(node.id, {
          row: forest.entry(node)?.branch.row,
          children: forest.children(node).map(({ id }) => id),
        });
        forest.children(node).forEach(draw);
      };
      forest.roots().forEach(draw);
      for (const slice of slices) {
        const changed = new Set<string>();
        for (const { step, box, value } of slice) {
          list[box] = steps[step]!(list[box]!, value);
          changed.add(`s${box}`);
        }
        const told = forest.update(snapshotsOf(list), { listChanged: false, changed });
        if (told === 'all') throw new Error('no sandbox came or went');
        told.forEach(draw);
        expect(shown(forest)).toEqual(shown(forestOf(list)));
        const alive = [...forest.entries()].map(({ node }) => node.id);
        drawn = new Map([...drawn].filter(([id]) => alive.includes(id)));
        const whole = new Map(
          [...forest.entries()].map(({ node, branch }) => [
            node.id,
            { row: branch.row, children: branch.children.map((child) => child.node.id) },
          ]),
        );
        expect(drawn).toEqual(whole);
      }
    }),
    { numRuns: 60 },
  );
});

test('a sandbox that comes has its own row at once, and the rows below it when it is named as changed', () => {
  const forest = new Forest(listed);
  const snapshots = snapshotsOf([connected()]);
  expect(forest.update(snapshots, { listChanged: true, changed: nothing })).toBe('all');
  const [root] = forest.roots();
  expect(labelOf(forest, root!)).toBe('web');
  expect(forest.children(root!)).toEqual([]);
  const changed = new Set(snapshots.ids());
  expect(forest.update(snapshots, { listChanged: false, changed })).toEqual([root]);
  expect(forest.children(root!).map((node) => labelOf(forest, node))).toEqual([
    'Services',
    'Ports',
    'System',
  ]);
});

test('sandboxes that change places, all or only some, draw everything again', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ ...connected(), id }));
  expect(redrawn([a!, b!, c!], [a!, c!, b!])).toBe('all');
  expect(redrawn([a!, b!], [b!, a!])).toBe('all');
});

test('a row that is gone has no entry, no rows below it and none above', () => {
  const snapshot = connected();
  const forest = forestOf([snapshot]);
  const root = forest.root(snapshot.id)!;
  const gone = { ...root, id: 'gone' };
  expect([forest.entry(gone), forest.children(gone), forest.parent(gone)]).toEqual([
    undefined,
    [],
    undefined,
  ]);
  forest.update(snapshotsOf([]), { listChanged: true, changed: nothing });
  expect([forest.entry(root), forest.children(root), forest.parent(root)]).toEqual([
    undefined,
    [],
    undefined,
  ]);
  expect([forest.root(snapshot.id), forest.roots(), [...forest.entries()]]).toEqual([undefined, [], []]);
});

test('a sandbox is found by its id', () => {
  const snapshot = connected();
  const forest = forestOf([snapshot]);
  expect(forest.roots()).toEqual([forest.root(snapshot.id)]);
  expect(forest.entry(forest.root(snapshot.id)!)?.branch.children).not.toEqual([]);
});

test('rows that are gone are forgotten, with all below them', () => {
  const twoPorts = published({ c0ffee: [binding(8080, 49152)], f00d: [binding(80, 49153)] });
  const forest = forestOf([connected({ ports: twoPorts })]);
  const before = [...forest.entries()].map(({ node }) => node);
  const take = (snapshot: SandboxSnapshot): void => {
    forest.update(snapshotsOf([snapshot]), { listChanged: false, changed: new Set([snapshot.id]) });
    const shownIds = new Set([...forest.entries()].map(({ node }) => node.id));
    for (const node of before) expect(forest.entry(node) !== undefined).toBe(shownIds.has(node.id));
  };
  take(connected({ ports: published({ f00d: [binding(80, 49153)] }) }));
  take(connected({ connection: idle, isStale: false }));
});
