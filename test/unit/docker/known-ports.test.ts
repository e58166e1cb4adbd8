import { beforeEach, describe, expect, it } from 'vitest';
import type { PortBinding, PortChange } from '../../../src/agent/facts.ts';
import { KnownPorts } from '../../../src/docker/known-ports.ts';
import { maxBindings, maxContainers, type PortList } from '../../../src/docker/port-bindings.ts';
import { publishing } from '../../support/reports.ts';

let changes: PortChange[];
let cut: [id: string, leftOut: number][];
let noRoom: string[];
let known: KnownPorts;

beforeEach(() => {
  changes = [];
  cut = [];
  noRoom = [];
  known = new KnownPorts({
    onChange: (change) => changes.push(change),
    onCut: (id, leftOut) => cut.push([id, leftOut]),
    onNoRoom: (id) => noRoom.push(id),
  });
});

const ports = (count: number, leftOut = 0): PortList => ({
  bindings: Array.from({ length: count }, (_, port): PortBinding => {
    return { containerPort: port + 1, hostPort: port + 1, protocol: 'tcp', hostIp: '' };
  }),
  leftOut,
});

/** Fills all places for containers but `free`, one port each. */
const fill = (free: number): void => {
  const count = maxContainers - free;
  known.replace(Array.from({ length: count }, (_, index) => ({ id: `${index}`, ports: ports(1) })));
  changes.length = 0;
};

describe('KnownPorts', () => {
  it('tells that a list is not whole, once as long as it stays the same', () => {
    known.replace([]);
    known.set('a', ports(2, 7));
    known.set('a', ports(2, 7));
    expect(cut).toEqual([['a', 7]]);
  });

  it('has room for so many containers, tells who is left out, and looks again when another leaves', () => {
    fill(1);
    known.set('last', ports(1));
    known.set('late', ports(1));
    known.set('later', ports(1));
    expect(changes.map((change) => change.kind === 'changed' && change.containerId)).toEqual(['last']);
    expect(noRoom).toEqual(['late', 'later']);
    expect(known.set('last', ports(0))).toBe('late');
    expect(known.set('late', ports(1))).toBe('later');
    expect(known.set('later', ports(1))).toBeUndefined();
    expect(changes.at(-1)).toMatchObject({ kind: 'changed', containerId: 'late' });
  });

  it('forgets who was left out and is gone', () => {
    fill(0);
    known.set('late', ports(1));
    known.set('late', ports(0));
    expect(known.set('0', ports(0))).toBeUndefined();
  });

  it('has room for so many ports over all containers', () => {
    known.replace([{ id: 'a', ports: ports(maxBindings - 1) }]);
    known.set('b', ports(2));
    expect(noRoom).toEqual(['b']);
    known.set('c', ports(1));
    expect(changes.at(-1)).toMatchObject({ kind: 'changed', containerId: 'c' });
    expect(known.set('a', ports(1))).toBe('b');
    known.set('b', ports(2));
    expect(changes.at(-1)).toEqual({
      kind: 'changed',
      containerId: 'b',
      report: publishing(...ports(2).bindings),
    });
  });

  it('shows none of the ports of a container that has outgrown the room, rather than old ones', () => {
    known.replace([{ id: 'a', ports: ports(maxBindings - 1) }]);
    known.set('b', ports(1));
    known.set('b', ports(2));
    expect(changes.at(-1)).toEqual({ kind: 'changed', containerId: 'b', report: null });
    expect(noRoom).toEqual(['b']);
  });

  it('takes whoever fits from a new listing', () => {
    fill(0);
    known.set('late', ports(1));
    known.replace([{ id: 'late', ports: ports(1) }]);
    expect(changes).toHaveLength(maxContainers + 1);
    expect(changes.at(-1)).toMatchObject({ kind: 'changed', containerId: 'late' });
  });
});
