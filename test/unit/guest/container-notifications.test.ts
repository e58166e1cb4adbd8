import { expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import type { ContainerReport, PortChange } from '../../../src/agent/facts.ts';
import { PortBindingsChanged } from '../../../src/agent/generated/arcbox/v1/agent.ts';
import { ContainerChanged } from '../../../src/agent/generated/sandlight/v1/notifications.ts';
import { plain } from '../../../src/base/text.ts';
import {
  containerNotifications,
  type ContainerNotification,
} from '../../../src/guest/container-notifications.ts';
import { factsOf } from '../../support/reports.ts';

const binding = { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '::' };
const web: ContainerReport = { facts: factsOf(), bindings: [binding] };
const quiet: ContainerReport = { facts: factsOf({ name: 'quiet-box' }), bindings: [] };
const changed = (containerId: string, report: ContainerReport | null): PortChange => ({
  ...{ kind: 'changed', containerId, report },
});

const changes: readonly PortChange[] = [
  {
    kind: 'snapshot',
    containers: new Map([
      ['web', web],
      ['quiet', quiet],
    ]),
  },
  changed('quiet', { ...quiet, facts: factsOf({ state: 'paused' }) }),
  changed('web', { ...web, bindings: [] }),
  changed('web', web),
  { kind: 'stale', reason: new AgentError('unreachable', plain`no dockerd`), sinceMs: 0 },
  { kind: 'current' },
  changed('web', null),
  changed('quiet', null),
];

/** What a client hears of `changes`, in short. */
async function heard(reportContainers: boolean): Promise<string[]> {
  const ports = {
    // eslint-disable-next-line @typescript-eslint/require-await -- an interface of async iteration over ready values
    async *subscribe() {
      yield* changes;
    },
  };
  const found: string[] = [];
  const { signal } = new AbortController();
  for await (const each of containerNotifications(ports, { reportContainers }, signal))
    found.push(inShort(each));
  return found;
}

function inShort(notification: ContainerNotification): string {
  if (notification.kind === 'snapshot_complete') return 'complete';
  const { containerId } = notification.message;
  if (notification.kind === 'removed') return `- ${containerId}`;
  const { engine, facts, bindings } = notification.message;
  if (engine !== undefined) return engine.stale ? `stale: ${engine.reason}` : 'current';
  return `${containerId} ${facts?.state ?? ''} ${bindings.length}`;
}

test('a client that did not ask hears of containers that publish something, and of their end once', async () => {
  expect(await heard(false)).toEqual(['web running 1', 'complete', '- web', 'web running 1', '- web']);
});

test('a client that asked hears of every container and of the engine', async () => {
  expect(await heard(true)).toEqual([
    ...['web running 1', 'quiet running 0', 'complete', 'quiet paused 0', 'web running 0', 'web running 1'],
    ...['stale: no dockerd', 'current', '- web', '- quiet'],
  ]);
});

test('a client of before reads what is told as the message that it knows', () => {
  const bytes = ContainerChanged.encode(
    ContainerChanged.create({
      containerId: 'web',
      bindings: [binding],
      facts: { ...factsOf(), startedAtMs: 1n },
      engine: { stale: true, reason: 'x', staleForMs: 1n },
    }),
  ).finish();
  expect(PortBindingsChanged.decode(bytes)).toEqual({ containerId: 'web', bindings: [binding] });
});
