import { expect, test } from 'vitest';
import { initialSnapshot, type SandboxSnapshot } from '../../../src/sandboxes/snapshot.ts';
import { bookOfPublished } from '../../../src/sandboxes/port-book.ts';
import type { Branch } from '../../../src/views/tree/row.ts';
import { sandboxBranch } from '../../../src/views/tree/sandbox.ts';
import { nowMs, spec } from './recorded.ts';

/** A connected microsandbox that publishes 8080 and 9090, with `changes`. */
function microsandbox(changes: Partial<SandboxSnapshot> = {}): SandboxSnapshot {
  const ports = [8080, 9090].map((guestPort) => ({
    hostAddress: '127.0.0.1',
    hostPort: 30_000 + guestPort,
    guestPort,
    protocol: 'tcp' as const,
  }));
  return {
    ...initialSnapshot({ ...spec, source: 'microsandbox', discovered: { state: 'running', ports } }),
    connection: { phase: 'open', sinceMs: nowMs },
    readiness: 'ready',
    capabilities: new Set(['boot_timing', 'sync_clock', 'listening_ports', 'touch']),
    agent: { version: '0.7.2', generation: 7 },
    boot: { bootTimeNanos: 1_487_773_397n, initTimeNanos: 159_323_062n, readyTimeNanos: 1_738_341_034n },
    ports: bookOfPublished(ports),
    ...changes,
  };
}

function outline({ row, children }: Branch): string[] {
  const text = row.description === '' ? row.label : `${row.label} | ${row.description}`;
  return [text, ...children.flatMap(outline)];
}

const rowsOf = (snapshot: SandboxSnapshot): string[] => outline(sandboxBranch(snapshot, 'this machine'));

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
    { address: '0.0.0.0', port: 8080 },
    { address: '127.0.0.1', port: 9090 },
    { address: '::', port: 22 },
    { address: '::1', port: 631 },
  ];
  const snapshot = microsandbox({ listening: { value: { sockets, truncated: true }, atMs: nowMs } });
  const rows = rowsOf(snapshot);
  expect(rows).toEqual(
    expect.arrayContaining([
      'Listening in the guest | 4',
      'Not every socket is shown | The guest has more than were read',
      '0.0.0.0:8080 | published',
      '127.0.0.1:9090 | published, but only the guest itself can reach it',
      '[::]:22 | not published',
      '[::1]:631 | only the guest itself can reach it',
    ]),
  );
});

test('sockets that were not read say how to read them, and what that costs', () => {
  expect(rowsOf(microsandbox())).toContain(
    'Not read yet | Refresh to read it: reading counts as use and postpones the idle shutdown',
  );
  expect(rowsOf(microsandbox({ capabilities: new Set() })).join()).not.toContain('Listening');
});
