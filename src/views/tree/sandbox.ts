import * as l10n from '../../base/l10n.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { staleColor } from '../icon.ts';
import { sandboxLook } from '../readiness-look.ts';
import { idsBelow } from './id-factory.ts';
import { listeningBranch } from './listening.ts';
import { connectionMessage, messageRow, sandboxMessages } from './messages.ts';
import { nodeId } from './node.ts';
import { portsBranch } from './ports.ts';
import { contextTags, type Branch } from './row.ts';
import { servicesBranch } from './services.ts';
import { systemBranch } from './system.ts';

/** The id of the row of a sandbox. */
export const sandboxNodeId = (sandboxId: string): string => nodeId('sandbox', sandboxId);

/** A sandbox's row and everything below it. `place` says in words which machine the editor reaches it from. */
export function sandboxBranch(snapshot: SandboxSnapshot, place: string): Branch {
  const { id: sandboxId, name, endpoint, isStale, source, connection, capabilities, operation } = snapshot;
  const id = sandboxNodeId(sandboxId);
  const ids = idsBelow(id);
  const { word, icon } = sandboxLook(snapshot);
  const isOpen = connection.phase === 'open';
  const problem = connectionMessage(snapshot);
  const state = [word, ...(isStale ? [l10n.t('earlier data')] : [])].join(' · ');
  const groups =
    isOpen || isStale
      ? [
          servicesBranch(snapshot, ids),
          portsBranch(snapshot, ids),
          listeningBranch(snapshot, ids),
          systemBranch(snapshot, ids),
        ]
      : [];
  return {
    node: { kind: 'sandbox', id, sandboxId },
    row: {
      label: name,
      description: state,
      tooltip: [
        `${name}: ${state}`,
        formatEndpoint(endpoint),
        l10n.t('Seen from {0}', place),
        ...(problem === undefined ? [] : [`${problem.label}. ${problem.description ?? ''}`]),
      ].join('\n'),
      icon: isStale && connection.phase === 'idle' ? { id: icon.id, color: staleColor } : icon,
      contextValue: contextTags('sandbox', {
        open: isOpen,
        closed: connection.phase === 'idle' || connection.phase === 'failed',
        waiting: connection.phase === 'backoff' || connection.phase === 'connecting',
        canEnsure: isOpen && capabilities.has('ensure_runtime') && operation === null,
        canSyncClock: isOpen && capabilities.has('sync_clock'),
        configured: source === 'settings',
        local: source === 'local',
      }),
      spoken: [name, l10n.t('sandbox'), state].join(', '),
      collapsible: 'expanded',
    },
    children: [
      ...sandboxMessages(snapshot).map((message) => messageRow(sandboxId, ids, message)),
      ...groups.filter((group) => group !== undefined),
    ],
  };
}
