import * as l10n from '../../base/l10n.ts';
import { addressAndPort, isLoopbackAddress, type IpAddress } from '../../base/ip-address.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import type { ListeningPorts, ListeningSocket } from '../../agent/facts.ts';
import type { PortBook } from '../../sandboxes/model/port-book.ts';
import type { Dated } from '../../sandboxes/model/snapshot.ts';
import { timeText } from '../quantities.ts';
import { groupBranch, type GroupMaker, type GroupPlace } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { fromParts } from './memo.ts';
import { emptyMessage, messageRow, problemMessage, type Message } from './messages.ts';
import { leaf, noText, type Branch } from './row.ts';

/** What listens inside the guest, published or not; absent where the agent cannot tell. */
export function listeningGroup(place: GroupPlace): GroupMaker {
  return fromParts(
    ({ capabilities, listening, listeningError, ports }) => ({
      isTold: capabilities.has('listening_ports'),
      listening,
      listeningError,
      book: listening !== null && ports.kind === 'known' ? ports.book : null,
    }),
    (parts) => (parts.isTold ? listeningBranch(place, parts) : undefined),
  );
}

interface ListeningParts {
  readonly listening: Dated<ListeningPorts<IpAddress>> | null;
  readonly listeningError: PlainText | null;
  readonly book: PortBook | null;
}

function listeningBranch(place: GroupPlace, parts: ListeningParts): Branch {
  const { listening } = parts;
  return groupBranch({
    ...place,
    group: 'listening',
    label: l10n.t('Listening in the guest'),
    // Nobody asks again unasked, so that it may be old.
    description:
      listening === null
        ? noText
        : joined(
            [plain`${listening.value.sockets.length}`, l10n.t('read at {0}', timeText(listening.atMs))],
            ' · ',
          ),
    icon: { id: 'radio-tower' },
    collapsed: true,
    children: (ids) => [
      ...notes(parts).map((note) => messageRow(place.sandboxId, ids, note)),
      ...socketRows(place.sandboxId, parts, ids),
    ],
  });
}

function notes({ listening, listeningError }: ListeningParts): readonly Message[] {
  const found: Message[] = [];
  if (listeningError !== null)
    found.push(problemMessage('error', l10n.t('It could not be read'), listeningError));
  if (listening === null) {
    if (listeningError !== null) return found;
    const why = l10n.t('Refresh to read it: reading counts as use and postpones the idle shutdown');
    return [
      { key: 'unread', label: l10n.t('Not read yet'), description: why, tone: 'info', canRefresh: true },
    ];
  }
  if (listening.value.sockets.length === 0) found.push(emptyMessage(l10n.t('Nothing listens')));
  if (listening.value.truncated) {
    found.push(
      problemMessage('cut', l10n.t('Not every socket is shown'), l10n.t('The guest has more than were read')),
    );
  }
  return found;
}

function socketRows(sandboxId: string, { listening, book }: ListeningParts, ids: IdFactory): Branch[] {
  if (listening === null) return [];
  const published = new Set<number>();
  for (const { bindings } of book?.containers ?? [])
    for (const { containerPort, protocol } of bindings) if (protocol === 'tcp') published.add(containerPort);
  return listening.value.sockets.map((socket) =>
    socketRow(sandboxId, socket, published.has(socket.port), ids),
  );
}

function socketRow(
  sandboxId: string,
  { address, port }: ListeningSocket<IpAddress>,
  isPublished: boolean,
  ids: IdFactory,
): Branch {
  const isInside = isLoopbackAddress(address);
  const [short, long] = reachText(isInside, isPublished);
  const label = address === '' ? plain`*:${port}` : addressAndPort(address, port);
  return leaf(
    { kind: 'listener', id: ids('listener', address, port), sandboxId },
    {
      label,
      description: short,
      tooltip: joined([label, long], ': '),
      icon:
        isInside && isPublished ? { id: 'warning', color: 'list.warningForeground' } : { id: 'broadcast' },
      contextValue: 'listener',
      copy: label,
      spoken: joined(
        [l10n.t('Port {0}', plain`${port}`), address === '' ? l10n.t('on all addresses') : address, long],
        ', ',
      ),
    },
  );
}

/** Who can reach a socket, in a few words and in full. */
function reachText(isInside: boolean, isPublished: boolean): readonly [short: PlainText, long: PlainText] {
  if (!isInside) {
    const text = isPublished ? l10n.t('published') : l10n.t('not published');
    return [text, text];
  }
  return isPublished
    ? [l10n.t('guest only, though published'), l10n.t('published, but only the guest itself can reach it')]
    : [l10n.t('guest only'), l10n.t('only the guest itself can reach it')];
}
