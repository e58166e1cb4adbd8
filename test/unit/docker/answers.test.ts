import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ContainerFacts, PortBinding } from '../../../src/agent/facts.ts';
import { containerOfEvent, readEvents, type EngineEvent } from '../../../src/docker/event-stream.ts';
import { JsonReader } from '../../../src/docker/json-reader.ts';
import {
  inspectReader,
  listingReader,
  maxContainers,
  type AnswerReader,
  type ContainerListing,
  type EngineContainer,
} from '../../../src/docker/answers.ts';
import { maxBindings, maxBindingsPerContainer } from '../../../src/docker/port-bindings.ts';
import { ReadingBudget } from '../../../src/docker/reading-budget.ts';
import { parseEvents } from './fake-engine.ts';

const resultOf = <T>({ visit, result }: AnswerReader<T>, json: string): T => {
  const reader = new JsonReader(visit);
  reader.push(Buffer.from(json));
  reader.end();
  return result();
};
const portsOfInspect = (inspect: unknown): EngineContainer =>
  resultOf(inspectReader(), JSON.stringify(inspect ?? null));
const bindingsOfInspect = (inspect: unknown): readonly PortBinding[] => portsOfInspect(inspect).bindings;
const readListing = (list: unknown): ContainerListing => resultOf(listingReader(), JSON.stringify(list));
/** By container id; those that publish nothing are left out. */
const bindingsOfList = (list: unknown): Map<string, readonly PortBinding[]> =>
  new Map(
    readListing(list)
      .containers.filter(({ bindings }) => bindings.length > 0)
      .map(({ id, bindings }) => [id, bindings]),
  );
const parseEvent = (line: string): EngineEvent => parseEvents(line)[0]!;
const read = (file: string): string => readFileSync(`test/vectors/docker/${file}`, 'utf8');
const id = 'cfe0ed41b9036e46f795a28af1e23f9e8b6d5cb2eca80273c8b171441493ccb0';
const web = [
  { containerPort: 80, hostPort: 18080, protocol: 'tcp', hostIp: '127.0.0.1' },
  { containerPort: 81, hostPort: 18081, protocol: 'udp', hostIp: '0.0.0.0' },
  { containerPort: 81, hostPort: 18081, protocol: 'udp', hostIp: '::' },
];
const inspect = (Ports: unknown, Running: unknown = true): unknown => ({
  State: { Running },
  NetworkSettings: { Ports },
});

describe('inspectReader', () => {
  it('reads a real container, IPv4 and IPv6 twins as two', () => {
    expect(bindingsOfInspect(JSON.parse(read('inspect-web.json')))).toEqual(web);
  });

  it('finds nothing in a running container without a network', () => {
    expect(bindingsOfInspect(JSON.parse(read('inspect-web2-disconnected.json')))).toEqual([]);
  });

  it('finds nothing in a container that does not run, whatever it was asked to publish', () => {
    expect(bindingsOfInspect(inspect({ '80/tcp': [{ HostIp: '', HostPort: '8080' }] }, false))).toEqual([]);
  });

  it('leaves out an EXPOSE without a publish, and host port 0', () => {
    expect(bindingsOfInspect(inspect({ '90/tcp': null, '91/tcp': [{ HostIp: '', HostPort: '0' }] }))).toEqual(
      [],
    );
  });

  it('takes a key without a slash as TCP', () => {
    expect(bindingsOfInspect(inspect({ '80': [{ HostIp: '::1', HostPort: '8080' }] }))).toEqual([
      { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '::1' },
    ]);
  });

  it('orders bindings the same way however the engine lists them', () => {
    const host = (HostIp: string, HostPort: string): unknown => ({ HostIp, HostPort });
    const one = inspect({ '9/udp': [host('', '3')], '80/tcp': [host('::', '2'), host('0.0.0.0', '1')] });
    const two = inspect({ '80/tcp': [host('0.0.0.0', '1'), host('::', '2')], '9/udp': [host('', '3')] });
    expect(bindingsOfInspect(one)).toEqual(bindingsOfInspect(two));
    expect(bindingsOfInspect(one).map(({ hostPort }) => hostPort)).toEqual([3, 1, 2]);
  });

  it('keeps so many ports of a container that publishes all, and counts the rest', () => {
    const hosts = (HostPort: number): unknown =>
      ['0.0.0.0', '::'].map((HostIp) => ({ HostIp, HostPort: `${HostPort}` }));
    const every = Object.fromEntries(
      Array.from({ length: 65535 }, (_, index) => index + 1).flatMap((port) => [
        [`${port}/tcp`, hosts(port)],
        [`${port}/udp`, hosts(port)],
      ]),
    );
    const { bindings, leftOut } = portsOfInspect(inspect(every));
    expect(bindings).toHaveLength(maxBindingsPerContainer);
    expect(leftOut).toBe(4 * 65535 - maxBindingsPerContainer);
  });

  it('leaves out a port on an address that is longer than any, and counts it', () => {
    const hosts = [
      { HostIp: 'x'.repeat(46), HostPort: '1' },
      { HostIp: '::', HostPort: '2' },
    ];
    const { bindings, leftOut } = portsOfInspect(inspect({ '80/tcp': hosts }));
    expect(bindings).toEqual([{ containerPort: 80, hostPort: 2, protocol: 'tcp', hostIp: '::' }]);
    expect(leftOut).toBe(1);
  });

  it.each([
    undefined,
    null,
    7,
    'text',
    [],
    {},
    inspect(null),
    inspect({ '80/tcp': 'x' }),
    inspect({ '80/tcp': [null, 3, {}, { HostPort: '-1' }, { HostPort: '65536' }, { HostPort: '8e1' }] }),
    inspect({ 'x/tcp': [{ HostPort: '80' }], '80/T P': [{ HostPort: '80' }], '/tcp': [{ HostPort: '80' }] }),
  ])('makes nothing of nonsense: %j', (nonsense) => {
    expect(bindingsOfInspect(nonsense)).toEqual([]);
  });
});

describe('listingReader', () => {
  it('finds in a real listing what the inspect says', () => {
    expect(bindingsOfList(JSON.parse(read('containers.json')) as unknown[])).toEqual(new Map([[id, web]]));
  });

  it('keeps the same part of a long list and counts the rest', () => {
    const Ports = Array.from({ length: maxBindingsPerContainer + 1 }, (_, port) => {
      return { PrivatePort: port + 1, PublicPort: port + 1, Type: 'tcp', IP: '::' };
    });
    const { containers } = readListing([{ Id: id, Ports }]);
    expect(containers[0]?.bindings).toHaveLength(maxBindingsPerContainer);
    expect(containers[0]?.leftOut).toBe(1);
  });

  it('keeps so many ports over all containers and counts the rest', () => {
    const Ports = Array.from({ length: 2000 }, (_, port) => ({ PrivatePort: port + 1, PublicPort: 1 }));
    const list = Array.from({ length: 26 }, (_, index) => ({
      Id: index.toString(16).padStart(64, '0'),
      Ports,
    }));
    const { containers } = readListing(list);
    const kept = containers.map(({ bindings }) => bindings.length);
    expect(kept.reduce((sum, count) => sum + count)).toBe(maxBindings);
    expect(containers.at(-1)).toMatchObject({ bindings: [], leftOut: 2000 });
  });

  it('keeps so many containers and counts the rest', () => {
    const count = maxContainers + 3;
    const list = Array.from({ length: count }, (_, index) => ({
      Id: index.toString(16).padStart(64, '0'),
      Ports: [],
    }));
    const { containers, leftOut } = readListing(list);
    expect(containers).toHaveLength(maxContainers);
    expect(leftOut).toBe(3);
  });

  it.each([null, 3, 'text', {}, { message: 'x' }])('refuses a listing that is no list: %j', (nonsense) => {
    expect(() => readListing(nonsense)).toThrow('the list of containers is not a list');
  });

  it('skips what is no container', () => {
    expect(bindingsOfList([null, 3, { Id: '../x', Ports: [] }, { Id: id, Ports: null }])).toEqual(new Map());
  });
});

describe('containerOfEvent', () => {
  it('takes the container of a network event from its attributes', () => {
    const line = read('events-20.10.ndjson').split('\n')[1]!;
    expect(containerOfEvent(parseEvent(line))).toBe(id);
  });

  it('takes the actor of a container event', () => {
    expect(containerOfEvent(parseEvent(read('events-20.10.ndjson').split('\n')[0]!))).toBe(id);
  });

  it('finds a container in each container event and in each network event that has one', () => {
    for (const file of ['events-20.10.ndjson', 'events-26.ndjson', 'events-failed-start.ndjson']) {
      for (const line of read(file).trim().split('\n')) {
        const event = parseEvent(line);
        const concernsContainer = event.type === 'container' || 'container' in event.attributes;
        expect(containerOfEvent(event) !== undefined, line).toBe(concernsContainer);
      }
    }
  });

  it('refuses an id that could lead a request elsewhere', () => {
    const attributes = { container: `${id}/../../images` };
    expect(containerOfEvent({ type: 'network', action: 'connect', actorId: id, attributes })).toBeUndefined();
  });
});

describe('what is told of a container', () => {
  const compose = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'com.docker.compose.oneoff': 'False',
  };
  const inspected = (changes: object = {}): ContainerFacts =>
    portsOfInspect({
      Name: '/shop-web-1',
      Config: { Image: 'nginx:1.27', Labels: compose },
      State: {
        Status: 'running',
        Running: true,
        StartedAt: '2026-11-24T19:24:41.123456789Z',
        Health: { Status: 'healthy', Log: [{ Output: 'x' }] },
      },
      ...changes,
    }).facts;
  const listed = (entry: object): ContainerFacts | undefined =>
    readListing([{ Id: id, ...entry }]).containers[0]?.facts;

  it('is read of an inspect', () => {
    expect(inspected()).toEqual({
      name: 'shop-web-1',
      image: 'nginx:1.27',
      composeProject: 'shop',
      composeService: 'web',
      state: 'running',
      health: 'healthy',
      startedAtMs: Date.UTC(2026, 10, 24, 19, 24, 41, 123),
    });
  });

  it('is the same in a real inspect and a real listing, but for the start', () => {
    const { facts } = portsOfInspect(JSON.parse(read('inspect-web.json')));
    expect(facts).toMatchObject({ name: 'web', image: 'rt/busybox', state: 'running', health: '' });
    expect(facts.startedAtMs).toBeGreaterThan(Date.UTC(2026, 0));
    const [container] = readListing(JSON.parse(read('containers.json'))).containers;
    expect(container?.facts).toEqual({ ...facts, startedAtMs: 0 });
  });

  it('is untold where an engine says nothing, nonsense or never', () => {
    const untold = {
      ...{ name: '', image: '', composeProject: '', composeService: '', state: '', health: '' },
      startedAtMs: 0,
    };
    const never = { Status: 3, StartedAt: '0001-01-01T00:00:00Z', Health: { Status: 'none' } };
    expect(inspected({ Name: 7, Config: { Image: null, Labels: [1] }, State: never })).toEqual(untold);
    expect(listed({ Names: [], Image: {}, Labels: null })).toEqual(untold);
  });

  it('is the name of a listing that is not a link of another container', () => {
    expect(listed({ Names: ['/proxy/backend', '/web', '/other/web'] })?.name).toBe('web');
    expect(listed({ Names: ['podman-name'] })?.name).toBe('podman-name');
  });

  it('is cut where it is longer than anything shown, and says so where it was too long to be read', () => {
    const { name, image, composeProject } = inspected({
      Name: `/${'n'.repeat(1000)}`,
      Config: {
        Image: 'i'.repeat(1000),
        Labels: { ...compose, 'com.docker.compose.project': 'p'.repeat(5000) },
      },
    });
    expect(name).toHaveLength(128);
    expect(image).toHaveLength(320);
    expect(composeProject).toBe('…');
  });

  it('finds the two labels among ten thousand', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`label-${index}`, 'x']));
    const Labels = { ...many, ...compose, z: 'last' };
    expect(inspected({ Config: { Image: 'i', Labels } })).toMatchObject({
      ...{ composeProject: 'shop', composeService: 'web' },
    });
    expect(listed({ Labels })).toMatchObject({ composeProject: 'shop', composeService: 'web' });
  });

  it('does not run on from one container of a listing to the next', () => {
    const other = '1'.repeat(64);
    const { containers } = readListing([{ Id: id, Names: ['/a'], Labels: compose }, { Id: other }]);
    expect(containers[1]?.facts).toMatchObject({ name: '', composeProject: '' });
  });
});

describe('a listing', () => {
  it('has no ports of a container that is stopped, whatever an engine still lists', () => {
    const Ports = [{ PrivatePort: 80, PublicPort: 8080, Type: 'tcp', IP: '' }];
    const { containers } = readListing([
      { Id: id, State: 'exited', Ports },
      { Id: '1'.repeat(64), State: 'paused', Ports },
    ]);
    const count = Object.fromEntries(containers.map(({ facts, bindings }) => [facts.state, bindings.length]));
    expect(count).toEqual({ exited: 0, paused: 1 });
  });

  it('has the containers that publish something first, and leaves out the others first', () => {
    const quiet = Array.from({ length: maxContainers + 1 }, (_, index) => ({
      Id: index.toString(16).padStart(64, '0'),
    }));
    const Ports = [{ PrivatePort: 80, PublicPort: 8080, Type: 'tcp', IP: '' }];
    const { containers, leftOut } = readListing([...quiet, { Id: 'f'.repeat(64), Ports }]);
    expect(containers[0]?.id).toBe('f'.repeat(64));
    expect(containers).toHaveLength(maxContainers);
    expect(leftOut).toBe(2);
  });
});

it('hears of the health of a container although an event says it after a colon', async () => {
  const event = (Action: string): string =>
    JSON.stringify({ Type: 'container', Action, Actor: { ID: id, Attributes: {} } });
  const bytes = Buffer.from([event('health_status: healthy'), event('exec_start: sh')].join('\n'));
  const budget = new ReadingBudget({ burstBytes: 1e6, bytesPerSecond: 1e6 });
  const actions = [];
  const events = readEvents(
    Readable.from([bytes]),
    new Set(['health_status']),
    budget,
    new AbortController().signal,
  );
  for await (const { action } of events) actions.push(action);
  expect(actions).toEqual(['health_status: healthy']);
});
