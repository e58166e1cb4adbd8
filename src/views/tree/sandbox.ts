import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import { mayAnswer, type SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../appearance.ts';
import { staleColor } from '../icon.ts';
import type { GroupPlace } from './group.ts';
import { idsBelow } from './id-factory.ts';
import { listeningGroup } from './listening.ts';
import { fromParts } from './memo.ts';
import { connectionMessage, messageRow, sandboxMessages, type MessageParts } from './messages.ts';
import { nodeId } from './node.ts';
import { portsGroup } from './ports.ts';
import { contextTags, type Branch, type Row } from './row.ts';
import { servicesGroup } from './services.ts';
import { systemGroup } from './system.ts';

/** The id of the row of a sandbox. */
export const sandboxNodeId = (sandboxId: string): string => nodeId('sandbox', sandboxId);

/** What makes the rows of one sandbox. */
export interface SandboxRows {
  /** Its own row, with none below it. */
  readonly bare: (snapshot: SandboxSnapshot) => Branch;
  /** Its own row and all below it. */
  readonly whole: (snapshot: SandboxSnapshot) => Branch;
}

/**
 * Makes the rows of one sandbox, again and again, where `place` says in words which machine the editor reaches it from: what depends on nothing that has changed since the last time is the same
 * object again, so that its cost is that of the change.
 */
export function sandboxRows(sandboxId: string, place: PlainText): SandboxRows {
  const id = sandboxNodeId(sandboxId);
  const node = { kind: 'sandbox', id, sandboxId } as const;
  const below: GroupPlace = { sandboxId, parentId: id };
  const rowOf = fromParts(rowParts, (parts) => sandboxRow(parts, place));
  const messagesOf = fromParts(messageParts, (parts) => {
    const ids = idsBelow(id);
    return sandboxMessages(parts).map((message) => messageRow(sandboxId, ids, message));
  });
  const groups = {
    services: servicesGroup(below),
    ports: portsGroup(below),
    listening: listeningGroup(below),
    system: systemGroup(below),
  };
  const bare = (snapshot: SandboxSnapshot): Branch => ({ node, row: rowOf(snapshot), children: [] });
  const whole = fromParts(
    (snapshot: SandboxSnapshot) => {
      const hasGroups = snapshot.connection.phase === 'open' || snapshot.isStale;
      return {
        row: rowOf(snapshot),
        messages: messagesOf(snapshot),
        services: hasGroups ? groups.services(snapshot) : undefined,
        ports: hasGroups ? groups.ports(snapshot) : undefined,
        listening: hasGroups ? groups.listening(snapshot) : undefined,
        system: hasGroups ? groups.system(snapshot) : undefined,
      };
    },
    ({ row, messages, services, ports, listening, system }): Branch => ({
      node,
      row,
      children: [...messages, ...[services, ports, listening, system].filter((group) => group !== undefined)],
    }),
  );
  return { bare, whole };
}

function messageParts({
  connection,
  isStale,
  discovered,
  operation,
  pollError,
  cuts,
}: SandboxSnapshot): MessageParts {
  return { connection, isStale, ...(discovered && { discovered }), operation, pollError, cuts };
}

type RowParts = Pick<
  SandboxSnapshot,
  'name' | 'endpoint' | 'isStale' | 'source' | 'connection' | 'readiness' | 'discovered'
> & {
  readonly canEnsure: boolean;
  readonly canSyncClock: boolean;
};

function rowParts(snapshot: SandboxSnapshot): RowParts {
  const { name, endpoint, isStale, source, connection, readiness, discovered } = snapshot;
  const { capabilities, operation } = snapshot;
  return {
    ...{ name, endpoint, isStale, source, connection, readiness },
    ...(discovered && { discovered }),
    canEnsure: capabilities.has('ensure_runtime') && operation === null,
    canSyncClock: capabilities.has('sync_clock'),
  };
}

function sandboxRow(parts: RowParts, place: PlainText): Row {
  const { name, endpoint, isStale, source, connection, canEnsure, canSyncClock } = parts;
  const { word, icon } = sandboxAppearance(parts);
  const isOpen = connection.phase === 'open';
  const problem = connectionMessage(parts);
  const state = joined([word, ...(isStale ? [l10n.t('earlier data')] : [])], ' · ');
  const problemText =
    problem &&
    joined([problem.label, ...(problem.description === undefined ? [] : [problem.description])], '. ');
  return {
    label: name,
    description: state,
    tooltip: joined(
      [
        joined([name, state], ': '),
        formatEndpoint(endpoint),
        l10n.t('Seen from {0}', place),
        ...(problemText === undefined ? [] : [problemText]),
      ],
      '\n',
    ),
    icon: isStale && connection.phase === 'idle' ? { id: icon.id, color: staleColor } : icon,
    contextValue: contextTags('sandbox', {
      open: isOpen,
      closed: connection.phase === 'failed' || (connection.phase === 'idle' && mayAnswer(parts)),
      waiting: connection.phase === 'backoff' || connection.phase === 'connecting',
      canEnsure: isOpen && canEnsure,
      canSyncClock: isOpen && canSyncClock,
      configured: source === 'settings',
      local: source === 'local',
    }),
    spoken: joined([name, l10n.t('sandbox'), state], ', '),
    copy: formatEndpoint(endpoint),
    collapsible: 'expanded',
  };
}
