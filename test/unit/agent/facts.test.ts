import { describe, expect, it } from 'vitest';
import { compareBindings, sameBindings, type PortBinding } from '../../../src/agent/facts.ts';

const web: readonly PortBinding[] = [
  { containerPort: 80, hostPort: 18080, protocol: 'tcp', hostIp: '127.0.0.1' },
  { containerPort: 81, hostPort: 18081, protocol: 'udp', hostIp: '0.0.0.0' },
  { containerPort: 81, hostPort: 18081, protocol: 'udp', hostIp: '::' },
];

describe('compareBindings', () => {
  it('puts ports as numbers, then protocols, IPv4 before IPv6, addresses and host ports', () => {
    const of = (containerPort: number, protocol: string, hostIp: string, hostPort: number): PortBinding => ({
      containerPort,
      protocol,
      hostIp,
      hostPort,
    });
    const inOrder = [
      of(9, 'udp', '::', 9),
      of(80, 'tcp', '0.0.0.0', 1),
      of(80, 'tcp', '0.0.0.0', 2),
      of(80, 'tcp', '127.0.0.1', 1),
      of(80, 'tcp', '0::1', 1),
      of(80, 'udp', '', 1),
    ];
    expect([...inOrder].reverse().sort(compareBindings)).toEqual(inOrder);
  });
});

describe('sameBindings', () => {
  it('tells every difference of a binding', () => {
    const [first] = web;
    expect(sameBindings(web, structuredClone(web))).toBe(true);
    expect(sameBindings(web, web.slice(1))).toBe(false);
    expect(sameBindings([first!], [{ ...first!, hostPort: 1 }])).toBe(false);
    expect(sameBindings([first!], [{ ...first!, hostIp: '::' }])).toBe(false);
    expect(sameBindings([first!], [{ ...first!, protocol: 'udp' }])).toBe(false);
  });
});
