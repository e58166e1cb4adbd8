import { describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { initialSnapshot, type SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { ipAddress, type IpAddress } from '../../../src/base/ip-address.ts';
import { plain } from '../../../src/base/text.ts';
import { knownFromTool } from '../../../src/sandboxes/model/port-book.ts';
import { timeText } from '../../../src/views/quantities.ts';
import { Forest } from '../../../src/views/tree/forest.ts';
import { reachWarning } from '../../../src/views/tree/reach.ts';
import type { Branch, Row } from '../../../src/views/tree/row.ts';
import { sandboxRows } from '../../../src/views/tree/sandbox.ts';
import { listed, nowMs, open, snapshotsOf, spec, text } from './recorded.ts';

const branchOf = (snapshot: SandboxSnapshot): Branch => sandboxRows(snapshot.id, listed).whole(snapshot);
const address = (raw: string): IpAddress => ipAddress(raw)!;

/** A connected microsandbox that publishes 8080 and 9090, with `changes`. */
function microsandbox(changes: Partial<SandboxSnapshot> = {}): SandboxSnapshot {
  const ports = [8080, 9090].map((guestPort) => ({
    hostAddress: address('127.0.0.1'),
    hostPort: 30_000 + guestPort,
    guestPort,
    protocol: 'tcp' as const,
  }));
  return {
    ...initialSnapshot({
      ...spec,
      endpoint: parseEndpoint('microsandbox+unix:///run/agent.sock'),
      source: 'microsandbox',
      discovered: { state: 'running', ports },
    }),
    connection: open,
    readiness: 'ready',
    capabilities: new Set(['boot_timing', 'sync_clock', 'listening_ports', 'touch']),
    agent: { version: plain`0.7.2`, generation: 7 },
    boot: { bootTimeNanos: 1_487_773_397n, initTimeNanos: 159_323_062n, readyTimeNanos: 1_738_341_034n },
    ports: knownFromTool(ports),
    ...changes,
  };
}

function outline({ row, children }: Branch): string[] {
  const text = row.description === '' ? row.label : `${row.label} | ${row.description}`;
  return [text, ...children.flatMap(outline)];
}

function rowOf(snapshot: SandboxSnapshot, label: string): Row {
  const find = ({ row, children }: Branch): Row | undefined =>
    row.label === label ? row : children.map(find).find((found) => found !== undefined);
  const found = find(branchOf(snapshot));
  if (found === undefined) throw new Error(`no row is called ${label}`);
  return found;
}

const rowsOf = (snapshot: SandboxSnapshot): string[] => outline(branchOf(snapshot));

test('boot timing and use of the guest are facts', () => {
  const rows = rowsOf(
    microsandbox({ activity: { value: { idleMs: 185_000, activeSessions: 2 }, atMs: nowMs } }),
  );
  expect(rows).toContain('Boot | ready after 1.74 s: kernel 1.49 s, init 0.16 s');
  expect(rows).toContain('Activity | 2 in use · idle for 3 min');
  expect(rows).toContain('Agent | 0.7.2, generation 7');
});

test('listening sockets say who can reach them, and warn where a published port leads nowhere', () => {
  const sockets = [
    { address: address('0.0.0.0'), port: 8080 },
    { address: address('127.0.0.1'), port: 9090 },
    { address: address('::'), port: 22 },
    { address: address('::1'), port: 631 },
  ];
  const snapshot = microsandbox({ listening: { value: { sockets, truncated: true }, atMs: nowMs } });
  const rows = rowsOf(snapshot);
  expect(rows).toEqual(
    expect.arrayContaining([
      `Listening in the guest | 4 · read at ${timeText(nowMs)}`,
      'Not every socket is shown | The guest has more than were read',
      '0.0.0.0:8080 | published',
      '127.0.0.1:9090 | guest only, though published',
      '[::]:22 | not published',
      '[::1]:631 | guest only',
    ]),
  );
});

test('a socket says in full who can reach it where there is room', () => {
  const sockets = [
    { address: address('::ffff:7f00:1'), port: 9090 },
    { address: address('127.0.0.1'), port: 631 },
  ];
  const snapshot = microsandbox({ listening: { value: { sockets, truncated: false }, atMs: nowMs } });
  expect(rowOf(snapshot, '[::ffff:7f00:1]:9090')).toMatchObject({
    icon: { id: 'warning' },
    tooltip: '[::ffff:7f00:1]:9090: published, but only the guest itself can reach it',
    spoken: 'Port 9090, ::ffff:7f00:1, published, but only the guest itself can reach it',
  });
  expect(rowOf(snapshot, '127.0.0.1:631')).toMatchObject({
    icon: { id: 'broadcast' },
    spoken: 'Port 631, 127.0.0.1, only the guest itself can reach it',
  });
});

describe('a published port', () => {
  const maybe = 'A service that listens on the loopback of the guest alone does not answer here';
  const listeningOn = (addresses: readonly string[], truncated = false): SandboxSnapshot =>
    microsandbox({
      listening: {
        value: { sockets: addresses.map((raw) => ({ address: address(raw), port: 9090 })), truncated },
        atMs: nowMs,
      },
    });
  const label = 'localhost:39090';

  test('whose service listens on loopback alone says that nothing answers', () => {
    const row = rowOf(listeningOn(['127.0.0.1', '::1']), label);
    const warning =
      'Nothing answers here: in the guest, port 9090 listens on its loopback alone (127.0.0.1, ::1). Let the service listen on 0.0.0.0.';
    expect(row).toMatchObject({
      description: '→ 9090 · guest only',
      icon: { id: 'warning', color: 'list.warningForeground' },
      spoken: `Port 9090, published on localhost:39090, tcp, ${warning}`,
    });
    expect(row.tooltip?.split('\n').at(-1)).toBe(warning);
  });

  test.each([['0.0.0.0'], ['::'], ['10.0.2.15'], ['127.0.0.1', '::']])(
    'whose service listens on %s says nothing',
    (...addresses) => {
      const row = rowOf(listeningOn(addresses), label);
      expect(row).toMatchObject({
        description: '→ 9090',
        icon: { id: 'globe' },
        tooltip: [
          'http://localhost:39090/',
          'Port 9090 (tcp)',
          'Published on 127.0.0.1:39090',
          'Only programs on the host can connect',
        ].join('\n'),
        spoken: 'Port 9090, published on localhost:39090, tcp',
      });
    },
  );

  test.each([
    ['were not read', microsandbox()],
    ['were read, and nothing listens', listeningOn([])],
    ['were not all read', listeningOn(['127.0.0.1'], true)],
  ])('of a guest whose sockets %s says what it cannot reach', (_, snapshot) => {
    const row = rowOf(snapshot, label);
    expect(row).toMatchObject({ description: '→ 9090', icon: { id: 'globe' } });
    expect(row.tooltip?.split('\n').at(-1)).toBe(maybe);
    expect(row.spoken).toContain(maybe);
  });

  test('for UDP, of which no sockets are read, says so too', () => {
    const { source, listening } = listeningOn(['0.0.0.0']);
    expect(
      reachWarning({ source, listening: listening!.value }, { containerPort: 9090, protocol: 'udp' }),
    ).toEqual({
      isCertain: false,
      text: maybe,
    });
  });

  test('of a container says nothing', () => {
    expect(
      reachWarning({ source: 'arcbox', listening: null }, { containerPort: 80, protocol: 'tcp' }),
    ).toBeUndefined();
  });
});

test('sandboxes whose names look alike are rows of their own, the same after every look', () => {
  const twins = ['bidi \u202etxt', 'bidi txt'].map((recordName) => ({
    ...microsandbox(),
    id: `microsandbox/${recordName}`,
    name: text('bidi txt'),
  }));
  const look = (): Forest => {
    const forest = new Forest(listed);
    forest.update(snapshotsOf(twins), { listChanged: true, changed: new Set() });
    forest.update(snapshotsOf(twins), { listChanged: false, changed: new Set(twins.map(({ id }) => id)) });
    return forest;
  };
  const ids = (forest: Forest): string[] => [...forest.entries()].map(({ node }) => node.id);
  const forest = look();
  expect(new Set(forest.roots().map(({ id }) => id)).size).toBe(2);
  expect(forest.roots().map((node) => forest.entry(node)?.branch.row.label)).toEqual([
    'bidi txt',
    'bidi txt',
  ]);
  expect(new Set(ids(forest)).size).toBe(2 * outline(branchOf(twins[0]!)).length);
  expect(ids(look())).toEqual(ids(forest));
});

test('sockets that were not read say how to read them, and what that costs', () => {
  expect(rowsOf(microsandbox())).toContain(
    'Not read yet | Refresh to read it: reading counts as use and postpones the idle shutdown',
  );
  expect(rowsOf(microsandbox({ capabilities: new Set() })).join()).not.toContain('Listening');
});

test('sockets that could not be read say why, beside those that were read before', () => {
  const listeningError = plain`The agent said no.`;
  const unread = rowsOf(microsandbox({ listeningError }));
  expect(unread).toContain('It could not be read | The agent said no.');
  expect(unread.join()).not.toContain('Not read yet');
  const value = { sockets: [{ address: address('0.0.0.0'), port: 22 }], truncated: false };
  const old = rowsOf(microsandbox({ listeningError, listening: { value, atMs: nowMs } }));
  expect(old).toContain('It could not be read | The agent said no.');
  expect(old).toContain('0.0.0.0:22 | not published');
});

test('a microsandbox that publishes nothing says so of itself, and not of containers', () => {
  expect(rowsOf(microsandbox({ ports: knownFromTool([]) }))).toContain('Publishes no port');
});

test('a clock that its owner wants left alone is no reason to warn', () => {
  const discovered = { state: 'running', ports: [], isClockFree: true } as const;
  const row = rowOf(microsandbox({ discovered, clockOffsetMs: { value: -3_600_000, atMs: nowMs } }), 'Clock');
  expect(row).toMatchObject({
    description: '1 h 0 min behind · left alone, as its owner wants',
    icon: { id: 'watch' },
  });
});

test('how long a guest has been idle says when that was, once no poll brings it up to date', () => {
  const activity = { value: { idleMs: 185_000, activeSessions: 0 }, atMs: nowMs };
  const frozen = `Activity | idle for 3 min at ${timeText(nowMs)}`;
  expect(rowsOf(microsandbox({ activity, isStale: true }))).toContain(`${frozen} · earlier data`);
  expect(rowsOf(microsandbox({ activity, pollError: plain`no` }))).toContain(frozen);
});
