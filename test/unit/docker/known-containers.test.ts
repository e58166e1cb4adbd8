import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerFacts, ContainerReport, PortBinding, PortChange } from '../../../src/agent/facts.ts';
import { maxContainers, type EngineContainer } from '../../../src/docker/answers.ts';
import { KnownContainers } from '../../../src/docker/known-containers.ts';
import { maxBindings } from '../../../src/docker/port-bindings.ts';
import { factsOf } from '../../support/reports.ts';

let changes: PortChange[];
let cut: [id: string, leftOut: number][];
let noRoom: string[];
let known: KnownContainers;

beforeEach(() => {
  changes = [];
  cut = [];
  noRoom = [];
  known = new KnownContainers({
    onChange: (change) => changes.push(change),
    onCut: (id, leftOut) => cut.push([id, leftOut]),
    onNoRoom: (id) => noRoom.push(id),
  });
});

/** A container that publishes so many ports. */
const container = (count: number, leftOut = 0, facts: Partial<ContainerFacts> = {}): EngineContainer => ({
  facts: factsOf(facts),
  bindings: Array.from({ length: count }, (_, port): PortBinding => {
    return { containerPort: port + 1, hostPort: port + 1, protocol: 'tcp', hostIp: '' };
  }),
  leftOut,
});

/** What is told of the container that this makes. */
const told = (count: number, changes: Partial<ContainerFacts> = {}): ContainerReport => {
  const { facts, bindings } = container(count, 0, changes);
  return { facts, bindings };
};

/** Fills all places for containers but `free`, `count` ports each. */
const fill = (free: number, count = 1): void => {
  const length = maxContainers - free;
  known.replace(Array.from({ length }, (_, index) => ({ id: `${index}`, ...container(count) })));
  changes.length = 0;
};

describe('KnownContainers', () => {
  it('tells a container without ports, what changes of it, and its end', () => {
    known.replace([{ id: 'a', ...container(0) }]);
    expect(changes).toEqual([{ kind: 'snapshot', containers: new Map([['a', told(0)]]) }]);
    known.set('a', container(0));
    known.set('a', container(0, 0, { name: 'other' }));
    known.set('a', undefined);
    known.set('a', undefined);
    expect(changes.slice(1)).toEqual([
      { kind: 'changed', containerId: 'a', report: told(0, { name: 'other' }) },
      { kind: 'changed', containerId: 'a', report: null },
    ]);
  });

  it('keeps of a container that is listed again what only an inspect tells, unless its state is another', () => {
    const listed = container(0, 0, { startedAtMs: 0, health: '' });
    known.replace([{ id: 'a', ...listed }]);
    known.set('a', container(0, 0, { startedAtMs: 5, health: 'healthy' }));
    known.replace([{ id: 'a', ...listed }]);
    expect(changes).toHaveLength(2);
    known.replace([{ id: 'a', ...container(0, 0, { startedAtMs: 0, health: '', state: 'exited' }) }]);
    expect(changes.at(-1)).toMatchObject({ report: { facts: { startedAtMs: 0, state: 'exited' } } });
  });

  it('tells that a list is not whole, once as long as it stays the same', () => {
    known.replace([]);
    known.set('a', container(2, 7));
    known.set('a', container(2, 7));
    known.set('a', container(2, 7, { health: 'unhealthy' }));
    expect(cut).toEqual([['a', 7]]);
  });

  it('has room for so many containers, tells who is left out, and looks again when another leaves', () => {
    fill(1);
    known.set('last', container(1));
    known.set('late', container(1));
    known.set('later', container(1));
    expect(changes.map((change) => change.kind === 'changed' && change.containerId)).toEqual(['last']);
    expect(noRoom).toEqual(['late', 'later']);
    expect(known.set('last', undefined)).toBe('late');
    expect(known.set('late', container(1))).toBe('later');
    expect(known.set('later', container(1))).toBeUndefined();
    expect(changes.at(-1)).toMatchObject({ kind: 'changed', containerId: 'late' });
  });

  it('gives the place of a container without ports to one that has some, and the place back', () => {
    fill(0, 0);
    known.set('quiet', container(0));
    expect(noRoom).toEqual(['quiet']);
    known.set('web', container(1));
    expect(noRoom).toEqual(['quiet', '0']);
    expect(changes).toEqual([
      { kind: 'changed', containerId: '0', report: null },
      { kind: 'changed', containerId: 'web', report: told(1) },
    ]);
    expect(known.set('web', undefined)).toBe('quiet');
    expect(known.set('quiet', container(0))).toBe('0');
    expect(known.set('0', container(0))).toBeUndefined();
  });

  it('forgets who was left out and is gone', () => {
    fill(0);
    known.set('late', container(1));
    known.set('late', undefined);
    expect(known.set('0', undefined)).toBeUndefined();
  });

  it('has room for so many ports over all containers', () => {
    known.replace([{ id: 'a', ...container(maxBindings - 1) }]);
    known.set('b', container(2));
    expect(noRoom).toEqual(['b']);
    expect(changes.at(-1)).toEqual({ kind: 'changed', containerId: 'b', report: told(0) });
    known.set('c', container(1));
    expect(changes.at(-1)).toMatchObject({ kind: 'changed', containerId: 'c' });
    expect(known.set('a', container(1))).toBe('b');
    known.set('b', container(2));
    expect(changes.at(-1)).toEqual({ kind: 'changed', containerId: 'b', report: told(2) });
  });

  it('shows none of the ports of a container that has outgrown the room, rather than old ones', () => {
    known.replace([{ id: 'a', ...container(maxBindings - 1) }]);
    known.set('b', container(1));
    known.set('b', container(2));
    expect(changes.at(-1)).toEqual({ kind: 'changed', containerId: 'b', report: told(0) });
    expect(noRoom).toEqual(['b']);
  });

  it('takes whoever fits from a new listing', () => {
    fill(0);
    known.set('late', container(1));
    known.replace([{ id: 'late', ...container(1) }]);
    expect(changes).toHaveLength(maxContainers + 1);
    expect(changes.at(-1)).toMatchObject({ kind: 'changed', containerId: 'late' });
  });
});
