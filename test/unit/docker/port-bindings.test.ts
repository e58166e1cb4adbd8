import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindingsOfInspect, bindingsOfList, containerOfEvent } from '../../../src/docker/port-bindings.ts';
import { parseEvent } from '../../../src/docker/event-stream.ts';

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

describe('bindingsOfInspect', () => {
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

describe('bindingsOfList', () => {
  it('finds in a real listing what the inspect says', () => {
    expect(bindingsOfList(JSON.parse(read('containers.json')) as unknown[])).toEqual(new Map([[id, web]]));
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
