import { describe, expect, test } from 'vitest';
import type { PortBinding } from '../../../src/agent/facts.ts';
import { TextCleaner } from '../../../src/base/text.ts';
import {
  cleanBindings,
  cleanIdentity,
  cleanListening,
  cleanRuntime,
  cleanSystem,
  compareBindings,
  maxAddresses,
  maxDetailLength,
  maxListeningSockets,
  maxNameLength,
  maxServices,
} from '../../../src/sandboxes/model/guest-facts.ts';
import { connected } from '../views/recorded.ts';
import { bindingOf } from './fake-session.ts';

const long = 'x'.repeat(1000);
const socket = (address: string, port: number): { address: string; port: number } => ({ address, port });

describe('what a guest tells of itself', () => {
  test('of its runtime is cleaned, every text to its own length, and what was cut is counted', () => {
    const cleaner = new TextCleaner();
    const service = { name: long, status: long, detail: long };
    const status = { containerdReady: true, dockerReady: false, endpoint: long, detail: long };
    const cleaned = cleanRuntime({ ...status, services: [service] }, cleaner);
    expect([cleaned.containerdReady, cleaned.dockerReady]).toEqual([true, false]);
    expect([cleaned.endpoint.length, cleaned.detail.length]).toEqual([maxDetailLength, maxDetailLength]);
    const [{ name, status: word, detail } = service] = cleaned.services;
    expect([name, word, detail].map((text) => text.length)).toEqual([
      maxNameLength,
      maxNameLength,
      maxDetailLength,
    ]);
    expect(cleaner.cuts).toBe(5);
    const many = Array.from({ length: maxServices + 1 }, () => ({ name: 'a', status: 'b', detail: 'c' }));
    expect(cleanRuntime({ ...status, services: many }, cleaner).services).toHaveLength(maxServices);
  });

  test('of its system is cleaned, its lists bounded', () => {
    const cleaner = new TextCleaner();
    const cleaned = cleanSystem(
      {
        ...connected().system!.value,
        ...{ kernelVersion: long, osName: long, osVersion: long, arch: long, hostname: long },
        loadAverage: [1, 2, 3, 4],
        ipAddresses: Array.from({ length: maxAddresses + 1 }, () => '10.0.0.7\u202e'),
      },
      cleaner,
    );
    const { kernelVersion, osName, osVersion, arch, hostname } = cleaned;
    for (const text of [kernelVersion, osName, osVersion, arch, hostname])
      expect(text).toHaveLength(maxNameLength);
    expect(cleaned.loadAverage).toEqual([1, 2, 3]);
    expect(cleaned.ipAddresses).toHaveLength(maxAddresses);
    expect(new Set(cleaned.ipAddresses)).toEqual(new Set(['10.0.0.7']));
    expect(cleaner.cuts).toBe(7);
  });

  test('of its version is cleaned', () => {
    const cleaner = new TextCleaner();
    const agent = { ...connected().agent!, version: long };
    expect(cleanIdentity(agent, cleaner)).toEqual({
      ...agent,
      version: `${'x'.repeat(maxNameLength - 1)}…`,
    });
    expect(cleaner.cuts).toBe(1);
  });
});

describe('listening sockets', () => {
  test('that cannot exist are left out and counted', () => {
    const cleaner = new TextCleaner();
    const sockets = [
      socket('127.0.0.1', 1),
      socket('::', 65535),
      socket('localhost', 80),
      socket('::', 0),
      socket('::', 65536),
      socket('::', 1.5),
    ];
    expect(cleanListening({ sockets, truncated: false }, cleaner)).toEqual({
      sockets: sockets.slice(0, 2),
      truncated: false,
    });
    expect(cleaner.cuts).toBe(4);
  });

  test('are as many as the limit, and a list that was cut says so, here or there', () => {
    const list = (count: number): { address: string; port: number }[] =>
      Array.from({ length: count }, (_, index) => socket('::', index + 1));
    const cleaner = new TextCleaner();
    const clean = (count: number, truncated: boolean): unknown => {
      const cleaned = cleanListening({ sockets: list(count), truncated }, cleaner);
      return [cleaned.sockets.length, cleaned.truncated];
    };
    expect(clean(maxListeningSockets, false)).toEqual([maxListeningSockets, false]);
    expect(clean(1, true)).toEqual([1, true]);
    expect(cleaner.cuts).toBe(0);
    expect(clean(maxListeningSockets + 2, false)).toEqual([maxListeningSockets, true]);
    expect(cleaner.cuts).toBe(2);
  });
});

describe('bindings', () => {
  const withProtocol = (protocol: string): PortBinding => ({ ...bindingOf(80, 8080), protocol });

  test.each(['a', 'x'.repeat(16), 'SCTP'])('may have the protocol %j', (protocol) => {
    expect(cleanBindings([withProtocol(protocol)]).bindings).toMatchObject([
      { protocol: protocol.toLowerCase() },
    ]);
  });

  test.each(['x'.repeat(17), ' tcp', 'tcp ', '-'])('may not have the protocol %j', (protocol) => {
    expect(cleanBindings([withProtocol(protocol)])).toEqual({ bindings: [], leftOut: 1 });
  });

  test.each([
    [1, 1, true],
    [65535, 65535, true],
    [0, 1, false],
    [1, 65536, false],
    [1.5, 1, false],
    [1, -1, false],
  ])('of container port %d on host port %d exist: %s', (containerPort, hostPort, exists) => {
    expect(cleanBindings([bindingOf(containerPort, hostPort)]).leftOut).toBe(exists ? 0 : 1);
  });

  test('are compared by port, protocol, address and host port, and equal ones are equal', () => {
    const a = bindingOf(80, 8080);
    expect(compareBindings(a, { ...a })).toBe(0);
    expect(compareBindings(a, { ...a, protocol: 'udp', hostPort: 1 })).toBeLessThan(0);
    expect(compareBindings({ ...a, protocol: 'udp' }, { ...a, hostPort: 9000 })).toBeGreaterThan(0);
    expect(compareBindings(a, { ...a, hostIp: '0.0.0.0', hostPort: 9000 })).toBeGreaterThan(0);
    expect(compareBindings(a, { ...a, containerPort: 81, hostPort: 1 })).toBeLessThan(0);
  });
});
