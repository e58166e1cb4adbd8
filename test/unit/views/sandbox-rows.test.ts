import { expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import { cleanRuntime } from '../../../src/sandboxes/model/guest-facts.ts';
import { plain, TextCleaner, type PlainText } from '../../../src/base/text.ts';
import type { DiscoveredState } from '../../../src/sandboxes/model/discovered.ts';
import { initialSnapshot, type SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { sandboxRows } from '../../../src/views/tree/sandbox.ts';
import type { Branch } from '../../../src/views/tree/row.ts';
import { timeText } from '../../../src/views/quantities.ts';
import {
  listed,
  binding,
  connected,
  connecting,
  disconnected,
  noSocket,
  nowMs,
  published,
  republished,
  spec,
} from './recorded.ts';

const rowsOf = (snapshot: SandboxSnapshot): Branch => sandboxRows(snapshot.id, listed).whole(snapshot);

/** The tree as text: two spaces a level, `label | description`. */
function outline({ row, children }: Branch, depth = 0): string[] {
  const text = row.description === '' ? row.label : `${row.label} | ${row.description}`;
  return [`${'  '.repeat(depth)}${text}`, ...children.flatMap((child) => outline(child, depth + 1))];
}

function all(branch: Branch): Branch[] {
  return [branch, ...branch.children.flatMap(all)];
}

const find = (branch: Branch, label: string): Branch => all(branch).find(({ row }) => row.label === label)!;

test('a connected sandbox shows its services, ports and system', () => {
  expect(outline(rowsOf(connected()))).toEqual([
    'web | degraded · dockerd not ready',
    '  Services | 1 of 2 ready',
    '    containerd | ready · socket reachable',
    '    dockerd | not ready · no reachable socket found',
    '  Ports | 1 published',
    '    c0ffee localhost:49152 | → 8080',
    '  System',
    '    Memory | 6.0 GiB free of 8.0 GiB',
    '    Load | 0.50 0.25 0.10 on 2 CPUs',
    '    Uptime | 2 h 5 min',
    '    Addresses | 10.0.0.2, fe80::1',
    '    Kernel | 6.1.0 x86_64',
    '    Operating system | Debian GNU/Linux 12',
    '    Host name | guest',
    '    Agent | 0.4.0',
    '    Clock | in step',
  ]);
});

test('every row says its kind and state in a sentence, and shows an icon beside the word', () => {
  const tree = rowsOf(connected());
  expect(tree.row.spoken).toBe('web, sandbox, degraded, dockerd not ready');
  expect(find(tree, 'dockerd').row).toMatchObject({
    spoken: 'dockerd, service, not ready, no reachable socket found',
    icon: { id: 'circle-slash', color: 'list.warningForeground' },
  });
  expect(find(tree, 'c0ffee localhost:49152').row.spoken).toBe(
    'container c0ffee, Port 8080, published on localhost:49152, tcp',
  );
  for (const { row } of all(tree)) {
    expect(row.spoken).not.toBe('');
    expect(row.icon).not.toBeNull();
  }
});

test('only what a sandbox can do is offered', () => {
  expect(rowsOf(connected()).row.contextValue).toBe('sandbox+open+canEnsure+canSyncClock+configured');
  expect(rowsOf(connected({ capabilities: new Set(['runtime_status']) })).row.contextValue).toBe(
    'sandbox+open+configured',
  );
  expect(rowsOf(disconnected()).row.contextValue).toBe('sandbox+waiting+configured');
  const running = { kind: 'ensureRuntime', startedAtMs: nowMs, detail: plain`` } as const;
  expect(rowsOf(connected({ operation: running })).row.contextValue).not.toContain('canEnsure');
});

test('a sandbox that was never connected, one that connects and one that fails say so and offer the next step', () => {
  const idle = rowsOf(initialSnapshot(spec));
  expect(outline(idle)).toEqual(['web | not connected', '  Not connected']);
  expect(find(idle, 'Not connected').row.contextValue).toBe('message+canConnect');

  expect(outline(rowsOf({ ...initialSnapshot(spec), connection: connecting }))).toEqual([
    'web | connecting',
    '  Connecting…',
  ]);

  const failing = {
    ...initialSnapshot(spec),
    readiness: 'unreachable',
    connection: disconnected().connection,
  } as const;
  expect(outline(rowsOf(failing))).toEqual([
    `web | unreachable · no socket at /run/agent.sock · next try ${timeText(nowMs + 500)}`,
    `  Not reachable, trying again | ${noSocket.message} · arcbox+unix:///run/agent.sock`,
  ]);

  const useless = new AgentError('unsupported', plain`The protocol is not available.`);
  const failed = {
    ...failing,
    connection: { phase: 'failed', attempt: 1, failures: 1, retryAtMs: nowMs, lastError: useless },
  } as const;
  expect(outline(rowsOf(failed))).toEqual([
    `web | unreachable · ${useless.message} · next try ${timeText(nowMs)}`,
    `  Cannot connect | ${useless.message} Sandlight looks again at ${timeText(nowMs)}. · arcbox+unix:///run/agent.sock`,
  ]);
});

test('a connected sandbox that has not answered yet says what is awaited', () => {
  const tree = rowsOf(
    connected({ runtime: null, system: null, ports: { kind: 'asking' }, clockOffsetMs: null }),
  );
  expect(outline(tree)).toEqual([
    'web | checking',
    '  Services',
    '    Asking the agent…',
    '  Ports',
    '    Asking the agent…',
    '  System',
    '    Asking the agent…',
    '    Agent | 0.4.0',
  ]);
});

test('nothing to show is said in words, and told apart from not knowing', () => {
  const runtime = {
    containerdReady: false,
    dockerReady: false,
    endpoint: plain``,
    detail: plain`no stack`,
    services: [],
  };
  const empty = rowsOf(connected({ ports: published({}), runtime: { value: runtime, atMs: nowMs } }));
  expect(outline(empty)).toContain('    No container publishes a port');
  expect(outline(empty)).toContain('    The agent reports no services | no stack');
  const unknown = rowsOf(connected({ ports: { kind: 'unknown', reason: plain`This agent does not tell.` } }));
  expect(outline(unknown)).toContain('    Published ports are not known | This agent does not tell.');
});

test('a lost connection keeps the last data, marked on every row, and says why', () => {
  const tree = rowsOf(disconnected());
  expect(outline(tree).slice(0, 4)).toEqual([
    `web | unreachable · no socket at /run/agent.sock · next try ${timeText(nowMs + 500)} · earlier data`,
    `  Connection lost, trying again | ${noSocket.message} · arcbox+unix:///run/agent.sock`,
    '  Services | 1 of 2 ready',
    '    containerd | ready · earlier data · socket reachable',
  ]);
  for (const { node, row } of all(tree)) {
    if (!['service', 'port', 'fact'].includes(node.kind)) continue;
    expect(row.description).toContain('earlier data');
    expect(row.icon?.color).toBe('disabledForeground');
  }
});

test('what the guest does, could not answer, or sent in excess has a row of its own', () => {
  const tree = rowsOf(
    connected({
      operation: { kind: 'ensureRuntime', startedAtMs: nowMs, detail: plain`starting dockerd` },
      pollError: plain`The agent said no.`,
      cuts: 3,
    }),
  );
  expect(outline(tree).slice(1, 4)).toEqual([
    '  Ensuring the runtime | starting dockerd',
    '  The agent could not answer everything | The agent said no.',
    '  Not everything the guest sent is shown | 3 texts or entries were too long, too many or impossible',
  ]);
  expect(tree.row.description).not.toContain('starting dockerd');
});

test('a sandbox that its own tool has stopped or paused says so, with what is odd about it', () => {
  const found = (state: DiscoveredState, note?: PlainText): Branch =>
    rowsOf({
      ...initialSnapshot(spec),
      discovered: { state, ports: [], ...(note !== undefined && { note }) },
    });
  expect(found('stopped').row.description).toBe('stopped');
  expect(found('paused').row.description).toBe('paused');
  expect(found('running').row.description).toBe('not connected');
  expect(outline(found('dead', plain`It crashed.`))).toEqual([
    'web | not running',
    '  Not connected | Start it with the tool it belongs to',
    '  It crashed.',
  ]);
});

test('a port that the sandbox itself publishes names no container', () => {
  const ports = published({ '': [binding(80, 8080)] });
  const port = find(rowsOf(connected({ ports })), 'localhost:8080').row;
  expect(port.spoken).toBe('Port 80, published on localhost:8080, tcp');
  expect(port.tooltip).toBe(
    [
      'http://localhost:8080/',
      'Port 80 (tcp)',
      'Published on 127.0.0.1:8080',
      'Only programs on the host can connect',
    ].join('\n'),
  );
});

test('an agent without a runtime has no Services group', () => {
  const tree = rowsOf(
    connected({ capabilities: new Set(), runtime: null, ports: { kind: 'unknown', reason: plain`none` } }),
  );
  expect(tree.children.map(({ row }) => row.label)).toEqual(['Ports', 'System']);
});

test('wildcard addresses are said in words, IPv6 ones are bracketed, and large numbers keep their plain digits', () => {
  const ports = published({
    web: [
      binding(80, 65535, '0.0.0.0'),
      binding(80, 65535, '::'),
      binding(53, 10053, '::1', 'udp'),
      binding(81, 81, '0.0.0.0'),
      binding(82, 82, '::'),
      binding(80, 60_000, '2001:db8::1'),
    ],
  });
  const rows = find(rowsOf(connected({ ports })), 'Ports').children.map(({ row }) => row);
  expect(rows.map(({ label, description }) => `${label} | ${description}`)).toEqual([
    'web localhost:81 | → 81 · all IPv4 interfaces',
    'web localhost:82 | → 82 · all IPv6 interfaces',
    'web localhost:10053 | → 53/udp',
    'web [2001:db8::1]:60000 | → 80',
    'web localhost:65535 | → 80 · all interfaces',
  ]);
  expect(rows.map(({ contextValue }) => contextValue)).toEqual([
    'port+tcp+container',
    'port+tcp+container',
    'port+container',
    'port+tcp+container',
    'port+tcp+container',
  ]);
});

test('ports that cannot exist are left out, and that is said', () => {
  const ports = published({ web: [binding(0, 80), binding(80, 70000), binding(80, 8080)] });
  const labels = find(rowsOf(connected({ ports })), 'Ports').children.map(({ row }) => row.label);
  expect(labels).toEqual(['Some ports are left out', 'web localhost:8080']);
});

test('hostile service names are plain, bounded text, and two of one name have different ids', () => {
  const hostile = [
    '\u202eevil\u0000\u001b[31m\nname',
    'x'.repeat(10_000),
    '[click](command:workbench.action.quit) $(flame)',
    'twin',
    'twin',
    'a/b%2F',
    '',
  ];
  const cleaner = new TextCleaner();
  const services = hostile.map((name) => ({ name, status: 'odd\u202eword', detail: '' }));
  const value = cleanRuntime(
    { containerdReady: false, dockerReady: false, endpoint: '', detail: '', services },
    cleaner,
  );
  const rows = find(rowsOf(connected({ runtime: { value, atMs: nowMs } })), 'Services').children;
  expect(rows.map(({ row }) => row.label.length <= 100)).not.toContain(false);
  for (const { row } of rows) {
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(row.label + row.description + row.spoken).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
  expect(rows[0]?.row.description).toBe('odd word');
  expect(rows.at(-1)?.row.label).toBe('(no name)');
  expect(new Set(rows.map(({ node }) => node.id)).size).toBe(hostile.length);
});

test('a clock that is off by more than two seconds is marked', () => {
  const clock = (value: number): Branch =>
    find(rowsOf(connected({ clockOffsetMs: { value, atMs: nowMs } })), 'Clock');
  expect(clock(-29_880_000).row).toMatchObject({ description: '8 h 18 min behind', icon: { id: 'warning' } });
  expect(clock(1500).row).toMatchObject({ description: '1.5 s ahead', icon: { id: 'watch' } });
  expect(clock(1500).row.contextValue).toBe('fact+clock+canSyncClock');
});

test('a sandbox that its own tool has stopped is grey, never red, and is not offered to be connected', () => {
  for (const state of ['stopped', 'paused', 'dead'] as const) {
    const tree = rowsOf({ ...initialSnapshot({ ...spec, discovered: { state, ports: [] } }) });
    expect(tree.row.icon, state).toMatchObject({ color: 'disabledForeground' });
    expect(tree.row.icon?.id, state).not.toMatch(/^debug-/);
    expect(tree.row.contextValue).toBe('sandbox+configured');
    expect(find(tree, 'Not connected').row.contextValue).toBe('message');
  }
});

test('what was never told before the connection was lost is not said to be awaited', () => {
  const tree = rowsOf(disconnected(connected({ runtime: null, system: null, ports: { kind: 'asking' } })));
  expect(outline(tree).join()).not.toContain('Asking');
  expect(
    outline(tree).filter((line) => line.includes('Not told before the connection was lost')),
  ).toHaveLength(3);
});

test('ports of an engine that is down are shown as last seen, with when', () => {
  const current = published({ c0ffee: [binding(8080, 49152)], f00d: [binding(80, 80), binding(81, 81)] });
  if (current.kind !== 'known') throw new Error('the ports are known');
  const stale = { reason: plain`The engine is down.`, sinceMs: nowMs };
  const tree = rowsOf(connected({ ports: { ...current, stale } }));
  const seen = `last seen ${timeText(nowMs)}`;
  expect(find(tree, 'Ports').row.description).toBe(`3 published · ${seen}`);
  expect(find(tree, 'This list may be out of date').row.description).toBe('The engine is down.');
  const rows = all(tree).filter(({ node }) => node.kind === 'port');
  expect(rows).toHaveLength(3);
  for (const { row } of rows) {
    expect(row.description).toMatch(new RegExp(`^→ \\d+ · ${seen}$`));
    expect(row.tooltip?.split('\n')).toContain(seen);
    expect(row.spoken).toContain(seen);
    expect(row.icon?.color).toBe('disabledForeground');
  }
});

test('that nothing is published is said only when it is known', () => {
  const none = published({});
  if (none.kind !== 'known') throw new Error('the ports are known');
  const stale = { reason: plain`The engine is down.`, sinceMs: nowMs };
  const lines = outline(rowsOf(connected({ ports: { ...none, stale } })));
  expect(lines).toContain('    No port was published when they were last seen');
  expect(lines).not.toContain('    No container publishes a port');
  const lost = outline(rowsOf(disconnected(connected({ ports: none }))));
  expect(lost).toContain('    No port was published when they were last seen');
  expect(lost).not.toContain('    No container publishes a port');
  const impossible = published({ c: [binding(0, 0)] });
  expect(outline(rowsOf(connected({ ports: impossible }))).join()).not.toContain('No container publishes');
});

test('a list from which impossible ports have gone no longer says that some are left out', () => {
  const ports = published({ bad: [binding(0, 80)], good: [binding(80, 80)] });
  const leftOut = (changed: SandboxSnapshot['ports']): boolean =>
    outline(rowsOf(connected({ ports: changed })))
      .join()
      .includes('Some ports are left out');
  expect(leftOut(ports)).toBe(true);
  expect(leftOut(republished(ports, 'bad', []))).toBe(false);
});

test('an address that is none cannot become a row, whatever the guest calls it', () => {
  const hostile = [
    'evil.example/phish?x=',
    'user@evil.example',
    '127.0.0.1#',
    '[::1]@evil.example',
    '0x7f.1',
  ];
  const ports = published({ web: hostile.map((hostIp, i) => binding(80, 8000 + i, hostIp)) });
  expect(outline(rowsOf(connected({ ports }))).join()).not.toMatch(/evil|0x7f|#/);
});

test('the number of the protocol, and a guest that still initialises, are facts', () => {
  const system = { atMs: nowMs, value: { ...connected().system!.value, distroInitPending: true } };
  const tree = rowsOf(connected({ agent: { version: plain`0.4.0`, generation: 7 }, system }));
  expect(find(tree, 'Agent').row.description).toBe('0.4.0, protocol version 7');
  expect(find(tree, 'Start').row.description).toBe('guest still initialising');
  expect(find(tree, 'System').row.description).toBe('guest still initialising');
});

test('how long the guest has been up says when that was, once no poll brings it up to date', () => {
  expect(find(rowsOf(disconnected()), 'Uptime').row.description).toBe(
    `2 h 5 min at ${timeText(nowMs - 3000)} · earlier data`,
  );
});

test('facts that read as before keep their rows when a poll brings others', () => {
  const rows = sandboxRows(spec.id, listed);
  const first = connected();
  const { value, atMs } = first.system!;
  const before = rows.whole(first);
  const after = rows.whole({ ...first, system: { value: { ...value, availableMemory: 1n }, atMs } });
  expect(find(after, 'Memory')).not.toBe(find(before, 'Memory'));
  for (const label of ['Load', 'Uptime', 'Kernel', 'Agent', 'Clock'])
    expect(find(after, label)).toBe(find(before, label));
});
