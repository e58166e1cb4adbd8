import * as l10n from '../../base/l10n.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { groupBranch } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { emptyMessage, messageRow, problemMessage } from './messages.ts';
import { isLoopback } from './reach.ts';
import { leaf, type Branch } from './row.ts';

type Listening = NonNullable<SandboxSnapshot['listening']>['value'];
type ListeningSocket = Listening['sockets'][number];

/** What listens inside the guest, published or not; absent where the agent cannot tell. */
export function listeningBranch(snapshot: SandboxSnapshot, ids: IdFactory): Branch | undefined {
  const { id: sandboxId, listening, capabilities } = snapshot;
  if (!capabilities.has('listening_ports')) return undefined;
  const count = listening?.value.sockets.length ?? 0;
  return groupBranch(ids, {
    sandboxId,
    group: 'listening',
    label: l10n.t('Listening in the guest'),
    description: count === 0 ? '' : String(count),
    icon: { id: 'radio-tower' },
    collapsed: true,
    children: (below) => {
      if (listening !== null) return knownSockets(snapshot, listening.value, below);
      const why = l10n.t('Refresh to read it: reading counts as use and postpones the idle shutdown');
      const message = {
        key: 'unread',
        label: l10n.t('Not read yet'),
        description: why,
        tone: 'info',
      } as const;
      return [messageRow(sandboxId, below, { ...message, canRefresh: true })];
    },
  });
}

function knownSockets(
  snapshot: SandboxSnapshot,
  { sockets, truncated }: Listening,
  ids: IdFactory,
): Branch[] {
  const { id: sandboxId } = snapshot;
  const notes = [
    sockets.length === 0 ? [emptyMessage(l10n.t('Nothing listens'))] : [],
    truncated
      ? [
          problemMessage(
            'cut',
            l10n.t('Not every socket is shown'),
            l10n.t('The guest has more than were read'),
          ),
        ]
      : [],
  ].flat();
  return [
    ...notes.map((note) => messageRow(sandboxId, ids, note)),
    ...sockets.map((socket) => socketRow(snapshot, socket, ids)),
  ];
}

function socketRow(
  { id: sandboxId, ports }: SandboxSnapshot,
  socket: ListeningSocket,
  ids: IdFactory,
): Branch {
  const { address, port } = socket;
  const isInside = isLoopback(address);
  const isPublished =
    ports?.containers.some(({ bindings }) =>
      bindings.some(({ containerPort, protocol }) => containerPort === port && protocol === 'tcp'),
    ) ?? false;
  const [short, long] = reachText(isInside, isPublished);
  const label = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return leaf(
    { kind: 'listener', id: ids('listener', address, port), sandboxId },
    {
      label,
      description: short,
      tooltip: `${label}: ${long}`,
      icon:
        isInside && isPublished ? { id: 'warning', color: 'list.warningForeground' } : { id: 'broadcast' },
      contextValue: 'listener',
      spoken: [l10n.t('Port {0}', String(port)), address, long].join(', '),
    },
  );
}

/** Who can reach a socket, in a few words and in full. */
function reachText(isInside: boolean, isPublished: boolean): readonly [short: string, long: string] {
  if (!isInside) {
    const text = isPublished ? l10n.t('published') : l10n.t('not published');
    return [text, text];
  }
  return isPublished
    ? [l10n.t('guest only, though published'), l10n.t('published, but only the guest itself can reach it')]
    : [l10n.t('guest only'), l10n.t('only the guest itself can reach it')];
}
