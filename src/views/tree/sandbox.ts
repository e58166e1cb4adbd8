import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import { formatEndpoint, type Endpoint } from '../../agent/endpoint.ts';
import { mayAnswer, type SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../appearance.ts';
import { attentionOf, sandboxIcon } from '../attention.ts';
import { staleColor } from '../icon.ts';
import type { GroupPlace } from './group.ts';
import { idsBelow } from './id-factory.ts';
import { listeningGroup } from './listening.ts';
import { fromParts } from './memo.ts';
import { messageRow, sandboxMessages, type MessageParts } from './messages.ts';
import { nodeId } from './node.ts';
import { containersGroup } from './containers.ts';
import { portsGroup } from './ports.ts';
import { contextTags, type Branch, type Row } from './row.ts';
import { servicesGroup } from './services.ts';
import { systemGroup } from './system.ts';

/** The id of the row of a sandbox. */
export const sandboxNodeId = (sandboxId: string): string => nodeId('sandbox', sandboxId);

/** How a person wants the rows. */
export interface RowStyle {
  /** True with the ports below the rows of their containers, false with each beside the name of its container. */
  readonly portsByContainer: boolean;
}

/** What makes the rows of one sandbox. */
export interface SandboxRows {
  /** Its own row, with none below it. */
  readonly bare: (snapshot: SandboxSnapshot) => Branch;
  /** Its own row and all below it. */
  readonly whole: (snapshot: SandboxSnapshot) => Branch;
}

/**
 * Makes the rows of one sandbox, again and again: what depends on nothing that has changed since the last time is the same
 * object again, so that its cost is that of the change.
 */
export function sandboxRows(sandboxId: string, { portsByContainer }: RowStyle): SandboxRows {
  const id = sandboxNodeId(sandboxId);
  const node = { kind: 'sandbox', id, sandboxId } as const;
  const below: GroupPlace = { sandboxId, parentId: id };
  const rowOf = fromParts(rowParts, sandboxRow);
  const messagesOf = fromParts(messageParts, (parts) => {
    const ids = idsBelow(id);
    return sandboxMessages(parts).map((message) => messageRow(sandboxId, ids, message));
  });
  const groups = {
    services: servicesGroup(below),
    ports: portsGroup(below, portsByContainer),
    containers: containersGroup(below),
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
        containers: hasGroups ? groups.containers(snapshot) : undefined,
        listening: hasGroups ? groups.listening(snapshot) : undefined,
        system: hasGroups ? groups.system(snapshot) : undefined,
      };
    },
    ({ row, messages, services, ports, containers, listening, system }): Branch => ({
      node,
      row,
      children: [
        ...messages,
        ...[services, ports, containers, listening, system].filter((group) => group !== undefined),
      ],
    }),
  );
  return { bare, whole };
}

function messageParts({
  endpoint,
  connection,
  isStale,
  discovered,
  operation,
  pollError,
  cuts,
}: SandboxSnapshot): MessageParts {
  return { endpoint, connection, isStale, ...(discovered && { discovered }), operation, pollError, cuts };
}

/** All that the row of a sandbox shows; most answers of a guest change nothing of it. */
interface RowParts {
  readonly name: PlainText;
  readonly endpoint: Endpoint;
  readonly word: PlainText;
  readonly reason: PlainText;
  readonly iconId: string;
  readonly iconColor: string | undefined;
  readonly isStale: boolean;
  readonly contextValue: string;
}

function rowParts(snapshot: SandboxSnapshot): RowParts {
  const { name, endpoint, isStale, connection } = snapshot;
  const attention = attentionOf(snapshot);
  const icon = sandboxIcon(snapshot, attention);
  return {
    ...{ name, endpoint, isStale, reason: attention.reason, contextValue: contextValueOf(snapshot) },
    word: sandboxAppearance(snapshot).word,
    iconId: icon.id,
    iconColor: isStale && connection.phase === 'idle' ? staleColor : icon.color,
  };
}

function contextValueOf(snapshot: SandboxSnapshot): string {
  const { source, connection, capabilities, operation } = snapshot;
  const { phase } = connection;
  const isOpen = phase === 'open';
  return contextTags('sandbox', {
    open: isOpen,
    closed: phase === 'failed' || (phase === 'idle' && mayAnswer(snapshot)),
    waiting: phase === 'backoff' || phase === 'connecting',
    canEnsure: isOpen && capabilities.has('ensure_runtime') && operation === null,
    canSyncClock: isOpen && capabilities.has('sync_clock'),
    configured: source === 'settings',
    local: source === 'local',
  });
}

function sandboxRow({
  name,
  endpoint,
  word,
  reason,
  iconId,
  iconColor,
  isStale,
  contextValue,
}: RowParts): Row {
  const state = [word, ...(reason === '' ? [] : [reason]), ...(isStale ? [l10n.t('earlier data')] : [])];
  return {
    label: name,
    description: joined(state, ' · '),
    tooltip: null,
    icon: { id: iconId, ...(iconColor !== undefined && { color: iconColor }) },
    contextValue,
    spoken: joined([name, l10n.t('sandbox'), ...state], ', '),
    copy: formatEndpoint(endpoint),
    collapsible: 'expanded',
  };
}
