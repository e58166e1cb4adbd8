import { expect, test } from 'vitest';
import type { ContainerFacts, ContainerReport } from '../../../src/agent/facts.ts';
import { applyPortChanges, type PortKnowledge } from '../../../src/sandboxes/model/port-book.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { timeText } from '../../../src/views/quantities.ts';
import { Forest } from '../../../src/views/tree/forest.ts';
import type { Branch, Row } from '../../../src/views/tree/row.ts';
import { sandboxRows } from '../../../src/views/tree/sandbox.ts';
import { factsOf } from '../../support/reports.ts';
import { binding, connected, listed, nowMs, snapshotsOf, text } from './recorded.ts';

const nginx = factsOf({ startedAtMs: nowMs });
const facts = (name: string, changes: Partial<ContainerFacts> = {}): ContainerFacts => ({
  ...{ ...nginx, composeProject: '', composeService: '', name },
  ...changes,
});

function told(containers: Readonly<Record<string, ContainerReport>>): PortKnowledge {
  return applyPortChanges(
    { kind: 'asking' },
    [{ kind: 'snapshot', containers: new Map(Object.entries(containers)) }],
    nowMs,
  );
}

function rowsOf(ports: PortKnowledge, portsByContainer = false): Branch {
  const snapshot = connected({ ports });
  return sandboxRows(snapshot.id, { portsByContainer }).whole(snapshot);
}

function groupOf(tree: Branch, label: string): Branch | undefined {
  return tree.children.find(({ row }) => row.label === label);
}

function outline(branch: Branch | undefined, depth = 0): string[] {
  if (branch === undefined) return [];
  const { row, children } = branch;
  const line = row.description === '' ? row.label : `${row.label} | ${row.description}`;
  return [`${'  '.repeat(depth)}${line}`, ...children.flatMap((child) => outline(child, depth + 1))];
}

const all = (branch: Branch): Branch[] => [branch, ...branch.children.flatMap(all)];

const shop = {
  ff01: { facts: nginx, bindings: [binding(80, 8080, '0.0.0.0'), binding(80, 8080, '::')] },
  aa02: {
    facts: facts('shop-db-1', { image: 'postgres:17', composeProject: 'shop', health: 'healthy' }),
    bindings: [binding(5432, 5432)],
  },
  bb03: {
    facts: facts('legacy-app', { image: 'legacy' }),
    bindings: Array.from({ length: 11 }, (_, i) => binding(9000 + i, 49160 + i)),
  },
  cc04: { facts: facts('build-cache', { state: 'exited', image: 'busybox' }), bindings: [] },
};

test('ports are called by their containers, sorted by name, with one row for twins and one for a range', () => {
  const ports = groupOf(rowsOf(told(shop)), 'Ports')!;
  expect(outline(ports).filter((line) => !line.startsWith('    '))).toEqual([
    'Ports | 13 published',
    '  legacy-app 49160-49170 | → 9000-9010',
    '  shop-db-1 localhost:5432 | → 5432',
    '  shop-web-1 localhost:8080 | → 80 · all interfaces',
  ]);
  expect(ports.children[0]?.row.collapsible).toBe('collapsed');
  expect(ports.children[0]?.children).toHaveLength(11);
  expect(ports.children.map(({ row }) => row.icon?.id)).toEqual(['globe', 'database', 'globe']);
  expect(ports.children.map(({ row }) => row.contextValue)).toEqual([
    'range',
    'port+tcp+container',
    'port+tcp+container',
  ]);
});

test('only what looks like HTTP has a globe', () => {
  const icon = (image: string, port: number, protocol = 'tcp'): string | undefined => {
    const ports = told({
      c: { facts: facts('c', { image }), bindings: [binding(port, port, '127.0.0.1', protocol)] },
    });
    return groupOf(rowsOf(ports), 'Ports')?.children[0]?.row.icon?.id;
  };
  expect(icon('nginx', 80)).toBe('globe');
  expect(icon('bitnami/redis:8', 7000)).toBe('database');
  expect(icon('docker.io/library/postgres@sha256:00', 8080)).toBe('database');
  expect(icon('anything', 6379)).toBe('database');
  expect(icon('anything', 12345)).toBe('plug');
  expect(icon('postgrest/postgrest', 3000)).toBe('globe');
  expect(icon('anything', 80, 'udp')).toBe('plug');
});

test('the tooltip of a port tells name, image, compose, URL and who can reach it', () => {
  const [, , web] = groupOf(rowsOf(told(shop)), 'Ports')!.children;
  expect(web?.row.tooltip?.split('\n')).toEqual([
    'shop-web-1',
    'Image: nginx:1.27',
    'Compose: shop, service web',
    'http://localhost:8080/',
    'Port 80 (tcp)',
    'Published on *:8080',
    'Every machine that reaches the host can connect',
  ]);
  expect(web?.row.spoken).toBe('shop-web-1, Port 80, published on localhost:8080, tcp, all interfaces');
});

test('containers are rows by compose project, then the others, those without ports too', () => {
  const at = timeText(nowMs);
  expect(outline(groupOf(rowsOf(told(shop)), 'Containers'))).toEqual([
    'Containers | 3 of 4 running',
    '  shop | compose, 2 containers',
    `    shop-db-1 | running · healthy · postgres:17 · started ${at}`,
    `    shop-web-1 | running · nginx:1.27 · started ${at}`,
    '  build-cache | exited · busybox',
    `  legacy-app | running · legacy · started ${at}`,
  ]);
});

test('states read at a glance, the reason first, and are spoken', () => {
  const row = (changes: Partial<ContainerFacts>): Row | undefined =>
    groupOf(rowsOf(told({ c: { facts: facts('box', changes), bindings: [] } })), 'Containers')?.children[0]
      ?.row;
  expect(row({ health: 'unhealthy' })).toMatchObject({
    icon: { id: 'warning' },
    description: `unhealthy · running · nginx:1.27 · started ${timeText(nowMs)}`,
  });
  expect(row({ state: 'exited', health: 'healthy' })?.description).toBe('exited · nginx:1.27');
  expect(row({ state: 'odd' })?.description).toBe('odd · nginx:1.27');
  expect(row({ state: 'paused', startedAtMs: 0 })).toMatchObject({
    spoken: 'box, container, paused, nginx:1.27',
    copy: 'box',
  });
  for (const state of ['running', 'paused', 'restarting', 'created', 'exited', 'dead', 'odd', ''])
    expect(row({ state })?.icon?.id, state).not.toMatch(/^debug-/);
});

test('without an engine the short id stays, and there is no group of containers', () => {
  const ports = told({ '6d4723ad3ceb0000': { facts: null, bindings: [binding(80, 8080)] } });
  const tree = rowsOf(ports);
  expect(outline(groupOf(tree, 'Ports'))).toContain('  6d4723ad3ceb localhost:8080 | → 80');
  expect(groupOf(tree, 'Containers')).toBeUndefined();
});

test('ports can stand below their containers instead', () => {
  const at = timeText(nowMs);
  const ports = groupOf(rowsOf(told(shop), true), 'Ports');
  expect(outline(ports).filter((line) => !line.startsWith('      '))).toEqual([
    'Ports | 13 published',
    `  legacy-app | running · legacy · started ${at}`,
    '    49160-49170 | → 9000-9010',
    `  shop-db-1 | running · healthy · postgres:17 · started ${at}`,
    '    localhost:5432 | → 5432',
    `  shop-web-1 | running · nginx:1.27 · started ${at}`,
    '    localhost:8080 | → 80 · all interfaces',
  ]);
});

test('what an engine that is down told is last seen, and nothing of it looks live', () => {
  const known = told(shop);
  if (known.kind !== 'known') throw new Error('the ports are known');
  const tree = rowsOf({ ...known, stale: { reason: text('The engine is down.'), sinceMs: nowMs } });
  const rows = all(tree).filter(({ node }) => ['port', 'range', 'container'].includes(node.kind));
  expect(rows.length).toBeGreaterThan(15);
  for (const { row } of rows) {
    expect(row.description).toContain(`last seen ${timeText(nowMs)}`);
    expect(row.icon?.color).toBe('disabledForeground');
  }
});

test('a rename is followed, and two containers of one name have two rows', () => {
  const before = told(shop);
  const renamed = applyPortChanges(
    before,
    [
      {
        kind: 'changed',
        containerId: 'ff01',
        report: { ...shop.ff01, facts: { ...nginx, name: 'shop-db-1' } },
      },
    ],
    nowMs,
  );
  const tree = rowsOf(renamed);
  expect(outline(groupOf(tree, 'Ports'))).toContain('  shop-db-1 localhost:8080 | → 80 · all interfaces');
  const ids = all(tree).map(({ node }) => node.id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('hostile names are plain, bounded text with ids of their own', () => {
  const names = [
    '\u202eevil\u0000\nname',
    'x'.repeat(100_000),
    '$(flame) [x](command:y)',
    '',
    '../a',
    'a/b%2F',
  ];
  const containers = Object.fromEntries(
    names.map((name, i) => [
      `c${i}`,
      {
        facts: facts(name, {
          image: name,
          composeProject: name,
          composeService: name,
          state: name,
          health: name,
        }),
        bindings: [binding(80, 8000 + 2 * i)],
      },
    ]),
  );
  const branches = all(rowsOf(told(containers)));
  for (const { row } of branches) {
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(row.label + row.description + row.spoken).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(row.label.length).toBeLessThan(200);
    expect(row.label).not.toBe('');
  }
  expect(new Set(branches.map(({ node }) => node.id)).size).toBe(branches.length);
});

test('a change of one of 2,000 containers of one project makes its rows alone', () => {
  const containers = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [
      `c${i}`,
      { facts: facts(`big-${i}`, { composeProject: 'big' }), bindings: [binding(80, 10_000 + i)] },
    ]),
  );
  const before = connected({ ports: told(containers) });
  const forest = new Forest(listed);
  const update = (snapshot: SandboxSnapshot, listChanged: boolean): void => {
    const changed = listChanged ? new Set<string>() : new Set([snapshot.id]);
    forest.update(snapshotsOf([snapshot]), { listChanged, changed });
  };
  update(before, true);
  update(before, false);
  const known = new Set([...forest.entries()].map(({ branch }) => branch));
  expect(known.size).toBeGreaterThan(4000);
  const report = { facts: facts('big-1000', { composeProject: 'big', state: 'exited' }), bindings: [] };
  const ports = applyPortChanges(before.ports, [{ kind: 'changed', containerId: 'c1000', report }], nowMs);
  update({ ...before, ports }, false);
  const made = [...forest.entries()].filter(({ branch }) => !known.has(branch));
  expect(made.map(({ branch }) => branch.row.label)).toEqual([
    'web',
    'Ports',
    'Containers',
    'big',
    'big-1000',
  ]);
});
