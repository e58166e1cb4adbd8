import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  containerMessage,
  verdictMessage,
  verdictOf,
  type EngineVerdict,
} from '../../../../src/agent/arcbox/container-message.ts';
import {
  maxDrainedContainers,
  maxWaitingBindings,
  maxWaitingBytes,
  maxWaitingContainers,
  PortGatherer,
} from '../../../../src/agent/arcbox/port-gatherer.ts';
import { AgentError } from '../../../../src/agent/errors.ts';
import type { ContainerReport, PortBinding, PortChange } from '../../../../src/agent/facts.ts';
import { PortBindingsChanged, PortBindingsRemoved } from '../../../../src/agent/generated/arcbox/v1/agent.ts';
import { ContainerChanged } from '../../../../src/agent/generated/sandlight/v1/notifications.ts';
import { plain } from '../../../../src/base/text.ts';
import { factsOf, publishing } from '../../../support/reports.ts';

const binding = (hostPort: number): PortBinding => ({
  containerPort: 80,
  hostPort,
  protocol: 'tcp',
  hostIp: '127.0.0.1',
});

function changed(containerId: string, ...bindings: readonly PortBinding[]): Uint8Array {
  return PortBindingsChanged.encode({ containerId, bindings: [...bindings] }).finish();
}

function removed(containerId: string): Uint8Array {
  return PortBindingsRemoved.encode({ containerId }).finish();
}

/** A list of ports as whoever drains keeps it. */
class Book {
  readonly containers = new Map<string, ContainerReport>();
  snapshots = 0;
  stale: AgentError | undefined;

  apply(change: PortChange): void {
    switch (change.kind) {
      case 'snapshot':
        this.snapshots++;
        this.containers.clear();
        for (const [id, report] of change.containers) this.containers.set(id, report);
        this.stale = undefined;
        break;
      case 'changed':
        if (change.report === null) this.containers.delete(change.containerId);
        else this.containers.set(change.containerId, change.report);
        break;
      case 'stale':
        this.stale = change.reason;
        break;
      case 'current':
        this.stale = undefined;
    }
  }
}

/** A gatherer with its snapshot drained, and the book of everything drained since. */
function following(): { gatherer: PortGatherer; book: Book; told: () => number; drain: () => void } {
  const gatherer = new PortGatherer();
  const book = new Book();
  let told = 0;
  const drain = (): void => {
    for (const change of gatherer.drain()) book.apply(change);
  };
  gatherer.begin({ onPending: () => told++ });
  drain();
  return { gatherer, book, told: () => told, drain };
}

type Step =
  | { readonly kind: 'changed'; readonly id: string; readonly ports: readonly number[] }
  | { readonly kind: 'removed'; readonly id: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'drain' };

const containerId = fc.constantFrom('a', 'b', 'c', '', 'ü', 'b'.repeat(64));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('changed' as const),
      id: containerId,
      ports: fc.array(fc.integer({ min: 1, max: 65535 }), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('removed' as const), id: containerId }) },
  fc.record({ kind: fc.constant('lost' as const) }),
  fc.record({ kind: fc.constant('drain' as const) }),
);

describe('gathered changes', () => {
  test('end in the same list as changes applied one by one, whenever they are drained', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const gatherer = new PortGatherer();
        const gathered = new Book();
        const oneByOne = new Map<string, ContainerReport>();
        let isLost = false;
        let mayWait = false;
        gatherer.begin({ onPending: () => (mayWait = true) });
        const drain = (): void => {
          mayWait = false;
          for (const change of gatherer.drain()) gathered.apply(change);
        };
        let isFirst = true;
        for (const each of steps) {
          switch (each.kind) {
            case 'changed':
              gatherer.change(changed(each.id, ...each.ports.map(binding)));
              if (each.ports.length === 0) oneByOne.delete(each.id);
              else oneByOne.set(each.id, publishing(...each.ports.map(binding)));
              break;
            case 'removed':
              gatherer.remove(removed(each.id));
              oneByOne.delete(each.id);
              break;
            case 'lost':
              gatherer.lose(new AgentError('malformed_payload', plain`damage`));
              isLost = true;
              break;
            case 'drain':
              drain();
              isFirst = false;
          }
          // Whatever waits after the first drain has been told.
          if (!isFirst && each.kind !== 'drain') expect(mayWait).toBe(true);
        }
        drain();
        expect(Object.fromEntries(gathered.containers)).toEqual(Object.fromEntries(oneByOne));
        expect(gathered.snapshots).toBe(1);
        expect(gathered.stale !== undefined).toBe(isLost);
        expect(gatherer.drain()).toEqual([]);
        expect(gatherer.dropped).toBe(0);
      }),
    );
  });

  test('are told once until they are drained, and not while the snapshot is collected', () => {
    const gatherer = new PortGatherer();
    let told = 0;
    gatherer.begin({ onPending: () => told++ });
    gatherer.change(changed('a', binding(1)));
    expect(told).toBe(0);
    expect(gatherer.drain()).toEqual([
      { kind: 'snapshot', containers: new Map([['a', publishing(binding(1))]]) },
    ]);
    gatherer.change(changed('a', binding(2)));
    gatherer.change(changed('b', binding(3)));
    gatherer.remove(removed('c'));
    expect(told).toBe(1);
    gatherer.change(changed('a', binding(4)));
    expect(gatherer.drain()).toEqual([
      { kind: 'changed', containerId: 'a', report: publishing(binding(4)) },
      { kind: 'changed', containerId: 'b', report: publishing(binding(3)) },
      { kind: 'changed', containerId: 'c', report: null },
    ]);
    expect(gatherer.drain()).toEqual([]);
    gatherer.change(changed('a', binding(5)));
    expect(told).toBe(2);
  });

  test('are drained a bounded number at a time, and the rest is told again', () => {
    const { gatherer, book, told, drain } = following();
    for (let index = 0; index <= maxDrainedContainers; index++) {
      gatherer.change(changed(`c${index}`, binding(1)));
    }
    expect(told()).toBe(1);
    drain();
    expect(book.containers.size).toBe(maxDrainedContainers);
    expect(told()).toBe(2);
    drain();
    expect(book.containers.size).toBe(maxDrainedContainers + 1);
    expect(told()).toBe(2);
  });

  test('reach a container that changes all the time, however many others do too', () => {
    const { gatherer, book, drain } = following();
    const others = (round: number): void => {
      for (let index = 0; index < maxDrainedContainers; index++) {
        gatherer.change(changed(`${round}-${index}`, binding(1)));
      }
    };
    others(1);
    gatherer.change(changed('busy', binding(1)));
    for (let round = 2; round <= 4; round++) {
      others(round);
      gatherer.change(changed('busy', binding(round)));
      drain();
    }
    expect(book.containers.get('busy')).toEqual(publishing(binding(3)));
  });

  test('of another encoding are read like those of our own', () => {
    const { gatherer, book, drain } = following();
    const whole = changed('second', binding(7));
    // An id that comes twice, of which the last counts, behind the bindings, and fields and groups nobody knows.
    const odd = Buffer.concat([
      Buffer.from([0x9b, 0x01, 0x9b, 0x01, 0x0a, 0x01, 0x78, 0x9c, 0x01, 0x9c, 0x01]),
      Buffer.from([0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x28, 0x80, 0x01]),
      changed('first').subarray(),
      whole.subarray(2 + 'second'.length),
      whole.subarray(0, 2 + 'second'.length),
    ]);
    gatherer.change(odd);
    drain();
    expect([...book.containers]).toEqual([['second', publishing(binding(7))]]);
  });

  test('do not keep alive the chunk that they came in', () => {
    const { gatherer, book, drain } = following();
    const chunk = Buffer.from(changed('a', binding(1)));
    gatherer.change(chunk);
    chunk.fill(0);
    drain();
    expect(book.containers.get('a')).toEqual(publishing(binding(1)));
  });

  test('make room when they are drained, for as long as it goes on', () => {
    const { gatherer, drain } = following();
    const many = Array.from({ length: maxWaitingBindings / 4 }, (_, index) => binding(index));
    for (let round = 0; round < 30; round++) {
      gatherer.change(changed('a', ...many));
      gatherer.change(changed('b'.repeat(maxWaitingBytes / 8), binding(1)));
      drain();
    }
    expect(gatherer.dropped).toBe(0);
  });

  test('that nobody follows are ignored', () => {
    const gatherer = new PortGatherer();
    gatherer.change(changed('a', binding(1)));
    gatherer.lose(new AgentError('malformed_payload', plain`damage`));
    gatherer.begin({ onPending: () => undefined });
    expect(gatherer.drain()).toEqual([{ kind: 'snapshot', containers: new Map() }]);
    gatherer.change(changed('b', binding(1)));
    gatherer.abandon();
    gatherer.change(changed('c', binding(1)));
    gatherer.begin({ onPending: () => undefined });
    expect(gatherer.drain()).toEqual([{ kind: 'snapshot', containers: new Map() }]);
  });
});

describe.each([
  ['before the snapshot is complete', false],
  ['while changes are followed', true],
])('what waits %s', (_, isFollowing) => {
  const start = (): PortGatherer => {
    if (isFollowing) return following().gatherer;
    const gatherer = new PortGatherer();
    gatherer.begin({ onPending: () => undefined });
    return gatherer;
  };
  /** Drains everything and returns the list, and whether it is stale. */
  const drainAll = (gatherer: PortGatherer): Book => {
    const book = new Book();
    for (let changes = gatherer.drain(); changes.length > 0; changes = gatherer.drain()) {
      for (const change of changes) book.apply(change);
    }
    return book;
  };

  test('is at most so many containers; more are counted and make the list stale', () => {
    const gatherer = start();
    for (let index = 0; index < maxWaitingContainers; index++) {
      gatherer.change(changed(`c${index}`, binding(1)));
    }
    // One that waits already may still change.
    gatherer.change(changed('c0', binding(2)));
    expect(gatherer.dropped).toBe(0);
    for (let index = 0; index < 7; index++) gatherer.change(changed(`more${index}`, binding(1)));
    expect(gatherer.dropped).toBe(7);
    const book = drainAll(gatherer);
    expect(book.containers.size).toBe(maxWaitingContainers);
    expect(book.containers.get('c0')).toEqual(publishing(binding(2)));
    expect(book.stale?.code).toBe('frame_too_large');
    expect(book.stale?.message).toMatch(/10000 containers.*connect again/);
    // There is room again.
    gatherer.change(changed('more0', binding(1)));
    expect(gatherer.dropped).toBe(7);
  });

  test('is at most so many bindings', () => {
    const gatherer = start();
    const half = Array.from({ length: maxWaitingBindings / 2 }, (_unused, index) => ({
      ...binding(index),
      protocol: '',
      hostIp: '',
    }));
    gatherer.change(changed('a', ...half));
    gatherer.change(changed('b', ...half));
    expect(gatherer.dropped).toBe(0);
    gatherer.change(changed('c', binding(1)));
    gatherer.change(changed('a', ...half, binding(1)));
    expect(gatherer.dropped).toBe(2);
    gatherer.change(changed('a', ...half.slice(1)));
    gatherer.change(changed('c', binding(1)));
    expect(gatherer.dropped).toBe(2);
    expect(drainAll(gatherer).containers.size).toBe(3);
  });

  test('is at most so many bytes', () => {
    const gatherer = start();
    const padded = (id: string, bytes: number): Uint8Array => {
      const bare = changed(id, { ...binding(1), hostIp: '' }).byteLength + id.length;
      // Three bytes of length where the text is that long: one of its own and two of the binding around it.
      const text = 'x'.repeat(bytes - bare);
      const message = changed(id, { ...binding(1), hostIp: text });
      const over = message.byteLength + id.length - bytes;
      return changed(id, { ...binding(1), hostIp: text.slice(over) });
    };
    const half = maxWaitingBytes / 2;
    gatherer.change(padded('a', half));
    gatherer.change(padded('b', half));
    expect(gatherer.dropped).toBe(0);
    gatherer.change(padded('b', half + 1));
    expect(gatherer.dropped).toBe(1);
    gatherer.change(changed('c', binding(1)));
    expect(gatherer.dropped).toBe(2);
    const book = drainAll(gatherer);
    expect([...book.containers.keys()]).toEqual(['a', 'b']);
    expect(book.stale).toBeDefined();
  });
});

describe('what is told beside ports', () => {
  const told = (containerId: string, report: ContainerReport): Uint8Array =>
    ContainerChanged.encode(containerMessage(containerId, report)).finish();
  const verdict = (value: EngineVerdict): Uint8Array =>
    ContainerChanged.encode(verdictMessage(value, Date.now())).finish();
  const stale: EngineVerdict = {
    kind: 'stale',
    reason: new AgentError('unreachable', plain`no dockerd`),
    sinceMs: Date.now() - 60_000,
  };

  test('is kept with the container, which may publish nothing', () => {
    const { gatherer, book, drain } = following();
    const quiet = { facts: factsOf({ name: 'quiet-box' }), bindings: [] };
    const web = { facts: factsOf(), bindings: [binding(1)] };
    gatherer.change(told('a', quiet));
    gatherer.change(told('b', web));
    drain();
    expect([...book.containers]).toEqual([
      ['a', quiet],
      ['b', web],
    ]);
    gatherer.remove(removed('a'));
    drain();
    expect([...book.containers.keys()]).toEqual(['b']);
  });

  test('is part of the snapshot', () => {
    const gatherer = new PortGatherer();
    gatherer.begin({ onPending: () => undefined });
    const quiet = { facts: factsOf(), bindings: [] };
    gatherer.change(told('a', quiet));
    gatherer.change(verdict(stale));
    expect(gatherer.drain()).toMatchObject([
      { kind: 'snapshot', containers: new Map([['a', quiet]]) },
      { kind: 'stale', reason: { message: 'no dockerd' } },
    ]);
  });

  test('is that the engine is down, since when by the clock of this host, and that it is back', () => {
    const { gatherer, drain, book, told: timesTold } = following();
    gatherer.change(verdict(stale));
    expect(timesTold()).toBe(1);
    const [change] = gatherer.drain();
    expect(change).toMatchObject({ kind: 'stale', reason: { code: 'remote_error', message: 'no dockerd' } });
    const { sinceMs = 0 } = change as { sinceMs?: number };
    expect(Math.abs(Date.now() - 60_000 - sinceMs)).toBeLessThan(30_000);
    gatherer.change(verdict({ kind: 'current' }));
    drain();
    expect(book.stale).toBeUndefined();
    expect(book.containers.size).toBe(0);
  });

  test('is not that a list is current which missed something', () => {
    const { gatherer, book, drain } = following();
    gatherer.lose(new AgentError('malformed_payload', plain`damage`));
    drain();
    gatherer.change(verdict({ kind: 'current' }));
    drain();
    expect(book.stale?.message).toBe('damage');
  });

  test.each([-(2n ** 63n), 2n ** 63n - 1n])(
    'is never of a moment that cannot be: %s ms ago',
    (staleForMs) => {
      const message = ContainerChanged.create({ engine: { stale: true, reason: '\u202e', staleForMs } });
      const nowMs = Date.now();
      expect(verdictOf(message, nowMs)).toMatchObject({
        sinceMs: staleForMs < 0n ? nowMs : 0,
        reason: { message: 'The agent does not say why.' },
      });
    },
  );
});

/** A message with a field behind it that no version of the protocol has. */
function withUnknownField(message: Uint8Array): Uint8Array {
  return Buffer.concat([message, Buffer.from([(7 << 3) | 2, 3, 0x7a, 0x7a, 0x7a])]);
}

test('nothing is kept for nobody, and nobody is told', () => {
  const { gatherer, told } = following();
  gatherer.change(changed('a', binding(1)));
  expect([gatherer.isFollowed, told()]).toEqual([true, 1]);
  gatherer.abandon();
  gatherer.change(changed('b', binding(1)));
  gatherer.remove(removed('a'));
  gatherer.lose(new AgentError('malformed_payload', plain`lost`));
  expect([gatherer.isFollowed, told()]).toEqual([false, 1]);
  expect(gatherer.drain()).toEqual([]);
});

test('whoever begins anew is told nothing from before', () => {
  const gatherer = new PortGatherer();
  let told = 0;
  const follower = { onPending: () => told++ };
  gatherer.begin(follower);
  gatherer.change(changed('a', binding(1)));
  gatherer.begin(follower);
  expect(gatherer.drain()).toEqual([{ kind: 'snapshot', containers: new Map() }]);
  expect(told).toBe(0);
});

test('what publishes nothing is in no snapshot, also when it did a moment before', () => {
  const gatherer = new PortGatherer();
  gatherer.begin({ onPending: () => undefined });
  gatherer.change(withUnknownField(changed('a')));
  gatherer.change(changed('b', binding(1)));
  gatherer.remove(removed('b'));
  gatherer.remove(removed('c'));
  expect(gatherer.drain()).toEqual([{ kind: 'snapshot', containers: new Map() }]);
});

test('fields that nobody knows name no container', () => {
  const { gatherer, book, drain } = following();
  gatherer.change(withUnknownField(changed('a', binding(1))));
  drain();
  expect([...book.containers.keys()]).toEqual(['a']);
  gatherer.remove(withUnknownField(removed('a')));
  drain();
  expect([...book.containers.keys()]).toEqual([]);
});

test('one container that changes for ever takes the room of one', () => {
  const { gatherer, drain } = following();
  const id = 'x'.repeat(64 * 1024);
  for (let port = 1; port <= (2 * maxWaitingBytes) / id.length; port++)
    gatherer.change(changed(id, binding(port)));
  expect(gatherer.dropped).toBe(0);
  drain();
});
