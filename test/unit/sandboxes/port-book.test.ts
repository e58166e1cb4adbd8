import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import type { ContainerFacts, ContainerReport, PortBinding, PortChange } from '../../../src/agent/facts.ts';
import { anyAddress } from '../../../src/base/ip-address.ts';
import { plain } from '../../../src/base/text.ts';
import {
  cleanBindings,
  maxBindingsPerContainer,
  maxImageLength,
  maxNameLength,
} from '../../../src/sandboxes/model/guest-facts.ts';
import {
  applyPortChanges,
  knownFromTool,
  maxKeptContainers,
  maxShownContainers,
  type PortBook,
  type PortKnowledge,
} from '../../../src/sandboxes/model/port-book.ts';
import { factsOf, publishing } from '../../support/reports.ts';
import { bindingOf } from './fake-session.ts';

const asking: PortKnowledge = { kind: 'asking' };
const changed = (containerId: string, ...bindings: PortBinding[]): PortChange => ({
  ...{ kind: 'changed', containerId, report: publishing(...bindings) },
});
const snapshot = (entries: Record<string, PortBinding[]>): PortChange => ({
  ...{
    kind: 'snapshot',
    containers: new Map(Object.entries(entries).map(([id, bindings]) => [id, publishing(...bindings)])),
  },
});
const stale: PortChange = { kind: 'stale', reason: new AgentError('connection_closed', plain`lost`) };
const apply = (knowledge: PortKnowledge, ...changes: PortChange[]): PortKnowledge =>
  applyPortChanges(knowledge, changes, 1000);
const bookOf = (knowledge: PortKnowledge): PortBook => {
  if (knowledge.kind !== 'known') throw new Error(`The ports are ${knowledge.kind}.`);
  return knowledge.book;
};
const idsOf = (knowledge: PortKnowledge): string[] =>
  bookOf(knowledge).containers.map(({ containerId }) => containerId);
const many = (count: number): Record<string, PortBinding[]> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [String(index).padStart(6, '0'), [bindingOf(80, 8080)]]),
  );

test('follows a snapshot, changes and removals, in the order of ids', () => {
  let ports = apply(asking, snapshot({ b: [bindingOf(80, 8080)] }));
  ports = apply(ports, changed('c', bindingOf(1, 1)), changed('a', bindingOf(2, 2)));
  expect(idsOf(ports)).toEqual(['a', 'b', 'c']);
  expect(idsOf(apply(ports, changed('b')))).toEqual(['a', 'c']);
  expect(idsOf(apply(ports, snapshot({})))).toEqual([]);
});

test('a change that changes nothing leaves the same object, and one container leaves the others', () => {
  const before = apply(asking, snapshot({ a: [bindingOf(80, 8080)], b: [bindingOf(81, 8081)] }));
  expect(apply(before, changed('a', bindingOf(80, 8080)))).toBe(before);
  expect(apply(before, changed('z'))).toBe(before);
  const after = apply(before, changed('b', bindingOf(82, 8082)));
  expect(bookOf(after).containers[0]).toBe(bookOf(before).containers[0]);
});

test('a list that may be out of date says since when, and keeps the first moment', () => {
  const known = apply(asking, snapshot({ a: [bindingOf(80, 8080)] }));
  const old = applyPortChanges(known, [stale], 2000);
  expect(old).toMatchObject({ kind: 'known', stale: { reason: 'lost', sinceMs: 2000 } });
  expect(applyPortChanges(old, [stale], 3000)).toBe(old);
  const other: PortChange = { kind: 'stale', reason: new AgentError('timeout', plain`no answer`) };
  expect(applyPortChanges(old, [other], 3000)).toMatchObject({
    stale: { reason: 'no answer', sinceMs: 2000 },
  });
  expect(apply(old, { kind: 'current' })).toMatchObject({ stale: null });
  const sinceLong: PortChange = {
    kind: 'stale',
    reason: new AgentError('timeout', plain`down`),
    sinceMs: 500,
  };
  expect(applyPortChanges(known, [sinceLong], 3000)).toMatchObject({ stale: { sinceMs: 500 } });
  expect(apply(old, snapshot({}))).toMatchObject({ stale: null });
});

test('a source that cannot be followed from the start leaves the ports unknown, with the reason', () => {
  expect(apply(asking, stale)).toEqual({ kind: 'unknown', reason: 'lost' });
  expect(apply(apply(asking, stale), { kind: 'current' })).toMatchObject({ kind: 'unknown' });
});

test('bindings that cannot exist are left out and counted, whatever address a guest makes up', () => {
  const bad = [
    bindingOf(80, 70_000),
    bindingOf(0, 5),
    bindingOf(80, 8080, 'evil.example/phish?x='),
    bindingOf(80, 8080, 'user@evil.example'),
    bindingOf(80, 8080, '127.0.0.1#'),
    bindingOf(80, 8080, '0x7f.1'),
    { ...bindingOf(80, 8080), protocol: 't c p' },
  ];
  const { bindings, leftOut } = cleanBindings([
    ...bad,
    bindingOf(81, 1),
    bindingOf(80, 2, '::'),
    { ...bindingOf(80, 2, '0.0.0.0'), protocol: 'TCP' },
    { ...bindingOf(80, 2, '*'), protocol: '' },
  ]);
  expect(bindings.map(({ hostIp, containerPort, protocol }) => [hostIp, containerPort, protocol])).toEqual([
    [anyAddress, 80, 'tcp'],
    ['0.0.0.0', 80, 'tcp'],
    ['::', 80, 'tcp'],
    ['127.0.0.1', 81, 'tcp'],
  ]);
  expect(leftOut).toBe(bad.length);
});

test('twins are in order of port, protocol, address and host port', () => {
  const { bindings } = cleanBindings([
    bindingOf(80, 9, '::'),
    bindingOf(80, 8, '::'),
    { ...bindingOf(80, 1), protocol: 'udp' },
    bindingOf(80, 9, '0.0.0.0'),
    bindingOf(79, 9, '::'),
  ]);
  expect(
    bindings.map(({ containerPort, protocol, hostIp, hostPort }) => [
      containerPort,
      protocol,
      hostIp,
      hostPort,
    ]),
  ).toEqual([
    [79, 'tcp', '::', 9],
    [80, 'tcp', '0.0.0.0', 9],
    [80, 'tcp', '::', 8],
    [80, 'tcp', '::', 9],
    [80, 'udp', '127.0.0.1', 1],
  ]);
});

test('exactly the limit of bindings is shown of one container, and what is over is counted', () => {
  const ports = (count: number): PortBinding[] =>
    Array.from({ length: count }, (_, index) => bindingOf(index + 1, index + 1));
  expect(cleanBindings(ports(maxBindingsPerContainer))).toMatchObject({ leftOut: 0 });
  const over = cleanBindings(ports(maxBindingsPerContainer + 1));
  expect(over.bindings).toHaveLength(maxBindingsPerContainer);
  expect(over.leftOut).toBe(1);
});

test('the count of what is left out is that of now, however often it was told', () => {
  let ports = apply(asking, snapshot({ a: [bindingOf(0, 1)] }));
  for (let i = 0; i < 100; i++) ports = apply(ports, changed('a', bindingOf(0, 1), bindingOf(1, i + 1)));
  expect(bookOf(ports)).toMatchObject({ leftOut: 1 });
  expect(bookOf(apply(ports, changed('a', bindingOf(1, 1))))).toMatchObject({ leftOut: 0 });
});

test('containers over the limit are counted, and shown when others leave', () => {
  const full = apply(asking, snapshot(many(maxShownContainers + 2)));
  expect(bookOf(full).containers).toHaveLength(maxShownContainers);
  expect(bookOf(full).leftOut).toBe(2);
  const after = apply(full, changed('000000'), changed('000001'));
  expect(bookOf(after).containers).toHaveLength(maxShownContainers);
  expect(bookOf(after).leftOut).toBe(0);
});

test('a list of more containers than can be kept is stale', () => {
  expect(apply(asking, snapshot(many(maxKeptContainers)))).toMatchObject({ stale: null });
  const over = apply(asking, snapshot(many(maxKeptContainers + 1)));
  expect(bookOf(over).kept).toHaveLength(maxKeptContainers);
  expect(over).toMatchObject({ stale: { sinceMs: 1000 } });
});

test('an id that had to be cleaned passes for no other container', () => {
  const ports = apply(
    asking,
    changed('a', bindingOf(1, 1)),
    changed('a\u202e', bindingOf(2, 2), bindingOf(3, 3)),
  );
  expect(idsOf(ports)).toEqual(['a']);
  expect(bookOf(ports).leftOut).toBe(2);
  expect(bookOf(apply(ports, changed('a\u202e')))).toMatchObject({ leftOut: 0 });
  expect(idsOf(apply(ports, changed('a\u202e')))).toEqual(['a']);
});

test('the ports that a sandbox tool lists belong to no container', () => {
  const port = { hostAddress: anyAddress, hostPort: 1, guestPort: 2, protocol: 'tcp' } as const;
  expect(bookOf(knownFromTool([port])).containers).toMatchObject([
    { containerId: '', bindings: [{ hostPort: 1 }] },
  ]);
  expect(bookOf(knownFromTool([]))).toMatchObject({ containers: [], leftOut: 0 });
});

test('many changes at once end in the same list as one after the other', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const binding = fc.record({
    containerPort: fc.integer({ min: 0, max: 3 }),
    hostPort: fc.integer({ min: 1, max: 3 }),
  });
  const change = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(id, fc.array(binding, { maxLength: 3 })) },
    { weight: 1, arbitrary: fc.constant('snapshot' as const) },
    { weight: 1, arbitrary: fc.constant('stale' as const) },
    { weight: 1, arbitrary: fc.constant('current' as const) },
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (drawn) => {
      const changes = drawn.map((entry): PortChange => {
        if (entry === 'snapshot') return snapshot({ b: [bindingOf(9, 9)] });
        if (entry === 'stale') return stale;
        if (entry === 'current') return { kind: 'current' };
        return changed(entry[0], ...entry[1].map((ports) => bindingOf(ports.containerPort, ports.hostPort)));
      });
      const oneByOne = changes.reduce<PortKnowledge>((ports, next) => apply(ports, next), asking);
      expect(apply(asking, ...changes)).toEqual(oneByOne);
    }),
  );
});

test('ports that are unknown become known with the first change, and the change of nothing makes an empty list', () => {
  const unknown = apply(asking, stale);
  expect(apply(unknown, changed('a', bindingOf(1, 1)))).toMatchObject({ kind: 'known', stale: null });
  expect(apply(unknown, changed('a'))).toEqual({
    kind: 'known',
    book: { containers: [], leftOut: 0, kept: [] },
    stale: null,
  });
  expect(apply(unknown)).toBe(unknown);
});

test('what is out of date stays so when a container changes', () => {
  const old = apply(apply(asking, snapshot({ a: [bindingOf(1, 1)] })), stale);
  expect(apply(old, changed('b', bindingOf(2, 2)))).toMatchObject({ stale: { reason: 'lost' } });
  const current = apply(old, { kind: 'current' });
  expect(apply(current, { kind: 'current' })).toBe(current);
});

test.each([
  ['host port', { hostPort: 8081 }],
  ['container port', { containerPort: 81 }],
  ['protocol', { protocol: 'udp' }],
  ['address', { hostIp: '::1' }],
])('another %s alone is a change', (_, difference) => {
  const before = apply(asking, snapshot({ a: [bindingOf(80, 8080)] }));
  const after = apply(before, changed('a', { ...bindingOf(80, 8080), ...difference }));
  expect(bookOf(after).containers[0]?.bindings).toMatchObject([difference]);
});

test('a binding more, or one more that cannot exist, is a change', () => {
  const before = apply(asking, snapshot({ a: [bindingOf(80, 8080)] }));
  const more = apply(before, changed('a', bindingOf(80, 8080), bindingOf(81, 8081)));
  expect(bookOf(more).containers[0]?.bindings).toHaveLength(2);
  expect(bookOf(apply(more, changed('a', bindingOf(80, 8080)))).containers[0]?.bindings).toHaveLength(1);
  expect(bookOf(apply(before, changed('a', bindingOf(80, 8080), bindingOf(0, 1)))).leftOut).toBe(1);
});

test('a list in any order is kept in the order of ids, those that show nothing among them', () => {
  const ports = apply(
    asking,
    snapshot({ c: [bindingOf(3, 3)], a: [bindingOf(1, 1)], b: [bindingOf(0, 1)], d: [bindingOf(4, 4)] }),
  );
  expect(idsOf(ports)).toEqual(['a', 'c', 'd']);
  expect(bookOf(ports).kept.map(({ containerId }) => containerId)).toEqual(['a', 'b', 'c', 'd']);
  const after = apply(ports, changed('d'), changed('a'), changed('e', bindingOf(5, 5)), changed('c'));
  expect(bookOf(after).kept.map(({ containerId }) => containerId)).toEqual(['b', 'e']);
});

test('what is shown and what is kept are one list while everything is shown', () => {
  const { containers, kept } = bookOf(apply(asking, snapshot({ a: [bindingOf(1, 1)] })));
  expect(containers).toBe(kept);
});

test('every binding of a container that is not shown counts', () => {
  const over = { ...many(maxShownContainers), z: [bindingOf(1, 1), bindingOf(2, 2), bindingOf(0, 3)] };
  expect(bookOf(apply(asking, snapshot(over)))).toMatchObject({ leftOut: 3 });
});

test('a container that was told of again and is the same stays beside one that changes', () => {
  const before = apply(asking, snapshot({ a: [bindingOf(1, 1)], b: [bindingOf(2, 2)] }));
  const after = apply(before, changed('a', bindingOf(1, 1)), changed('b', bindingOf(2, 3)));
  expect(idsOf(after)).toEqual(['a', 'b']);
  expect(bookOf(after).containers[0]).toBe(bookOf(before).containers[0]);
});

test('one changed binding among others is a change', () => {
  const before = apply(asking, snapshot({ a: [bindingOf(1, 1), bindingOf(2, 2)] }));
  const after = apply(before, changed('a', bindingOf(1, 1), bindingOf(2, 3)));
  expect(bookOf(after).containers[0]?.bindings).toMatchObject([{ hostPort: 1 }, { hostPort: 3 }]);
});

describe('containers of which an engine tells more', () => {
  const told = (facts: Partial<ContainerFacts>, ...bindings: PortBinding[]): ContainerReport => ({
    ...{ facts: factsOf(facts), bindings },
  });
  const report = (containerId: string, what: ContainerReport | null): PortChange => ({
    ...{ kind: 'changed', containerId, report: what },
  });

  test('are listed without ports too, until they are gone', () => {
    const ports = apply(asking, report('a', told({ name: 'quiet', state: 'exited' })));
    expect(bookOf(ports).containers).toMatchObject([
      { containerId: 'a', bindings: [], facts: { name: 'quiet' } },
    ]);
    expect(idsOf(apply(ports, report('a', null)))).toEqual([]);
  });

  test.each([
    ['name', { name: 'other' }],
    ['image', { image: 'other' }],
    ['compose project', { composeProject: 'other' }],
    ['compose service', { composeService: 'other' }],
    ['state', { state: 'paused' }],
    ['health', { health: 'healthy' }],
    ['start', { startedAtMs: 5 }],
  ])('change with another %s alone, and with nothing they do not', (_, difference) => {
    const before = apply(asking, report('a', told({}, bindingOf(1, 1))));
    expect(apply(before, report('a', told({}, bindingOf(1, 1))))).toBe(before);
    const after = apply(before, report('a', told(difference, bindingOf(1, 1))));
    expect(bookOf(after).containers[0]?.facts).toMatchObject(difference);
  });

  test('are shown as plain text of bounded length, and a moment that is none is untold', () => {
    const facts = {
      name: `web\u202e\n${'x'.repeat(maxNameLength)}`,
      image: 'i'.repeat(maxImageLength + 1),
      startedAtMs: Infinity,
    };
    const [shown] = bookOf(apply(asking, report('a', told(facts)))).containers;
    expect(shown?.facts?.name).toMatch(/^web x+…$/);
    expect(shown?.facts?.name).toHaveLength(maxNameLength);
    expect(shown?.facts?.image).toHaveLength(maxImageLength);
    expect(shown?.facts?.startedAtMs).toBe(0);
  });

  test('take no place from those that publish something', () => {
    const quiet = Array.from({ length: maxShownContainers }, (_, index): [string, ContainerReport] => [
      `a${String(index).padStart(5, '0')}`,
      told({}),
    ]);
    const publishes: [string, ContainerReport] = ['z', told({}, bindingOf(1, 1))];
    const changes: PortChange = { kind: 'snapshot', containers: new Map([...quiet, publishes]) };
    const book = bookOf(apply(asking, changes));
    expect(book.containers).toHaveLength(maxShownContainers);
    expect(book.containers.at(-1)).toMatchObject({ containerId: 'z' });
    expect(book.leftOut).toBe(1);
  });
});
