import * as l10n from '../../base/l10n.ts';
import { connectionError } from '../../sandboxes/model/connection.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { spinner, type Icon } from '../icon.ts';
import type { IdFactory } from './id-factory.ts';
import { contextTags, leaf, type Branch } from './row.ts';

type Tone = 'info' | 'busy' | 'warning' | 'error';

const icons: Readonly<Record<Tone, Icon>> = {
  info: { id: 'info' },
  busy: spinner,
  warning: { id: 'warning', color: 'list.warningForeground' },
  error: { id: 'error', color: 'list.errorForeground' },
};

/** What a message says, and which next steps its row offers. */
export interface Message {
  /** Tells the messages below one parent apart. */
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly tone: Tone;
  readonly canConnect?: boolean;
  readonly canRefresh?: boolean;
}

/** A row that says why there is nothing else to see, or what is wrong. */
export function messageRow(sandboxId: string, ids: IdFactory, message: Message): Branch {
  const { key, label, description = '', tone, canConnect = false, canRefresh = false } = message;
  const problem = tone === 'warning' || tone === 'error';
  const contextValue = contextTags('message', { problem, canConnect, canRefresh });
  const node = { kind: 'message', id: ids('message', key), sandboxId } as const;
  return leaf(node, { label, description, icon: icons[tone], contextValue });
}

/** What there is to say about a sandbox as a whole: above its groups, in this order. */
export function sandboxMessages(snapshot: SandboxSnapshot): readonly Message[] {
  const { operation, pollError, cuts, discovered } = snapshot;
  const note = discovered?.note;
  const messages: (Message | undefined)[] = [
    connectionMessage(snapshot),
    note === undefined ? undefined : { key: 'note', label: note, tone: 'info' },
    operation === null
      ? undefined
      : {
          key: 'operation',
          label: l10n.t('Ensuring the runtime'),
          description: operation.detail,
          tone: 'busy',
        },
    pollError === null
      ? undefined
      : {
          key: 'poll',
          label: l10n.t('The agent could not answer everything'),
          description: pollError,
          tone: 'warning',
          canRefresh: true,
        },
    cuts === 0
      ? undefined
      : {
          key: 'cuts',
          label: l10n.t('Not everything the guest sent is shown'),
          description: l10n.t('{0} texts or entries were too long, too many or impossible', cuts),
          tone: 'info',
        },
  ];
  return messages.filter((message) => message !== undefined);
}

/** What there is to say about a connection that is not open. */
export function connectionMessage(snapshot: SandboxSnapshot): Message | undefined {
  const { connection, isStale } = snapshot;
  const reason = connectionError(connection)?.message;
  const key = 'connection';
  if (connection.phase === 'failed') {
    return {
      key,
      label: l10n.t('Cannot connect'),
      description: reason ?? '',
      tone: 'error',
      canConnect: true,
    };
  }
  if (reason !== undefined) {
    const label = isStale ? l10n.t('Connection lost, trying again') : l10n.t('Not reachable, trying again');
    return { key, label, description: reason, tone: 'error', canConnect: true };
  }
  switch (connection.phase) {
    case 'idle':
      return {
        key,
        label: isStale ? l10n.t('Disconnected') : l10n.t('Not connected'),
        tone: 'info',
        canConnect: true,
      };
    case 'connecting':
      return { key, label: l10n.t('Connecting…'), tone: 'busy' };
    default:
      return undefined;
  }
}

/** Stands where the answer to a first question is still awaited. */
export function waitingMessage(): Message {
  return { key: 'waiting', label: l10n.t('Asking the agent…'), tone: 'busy' };
}

/** Stands where something was answered, and there is nothing of it. */
export function emptyMessage(label: string, description = ''): Message {
  return { key: 'empty', label, description, tone: 'info' };
}

/** Stands where something cannot be known, or not all of it. */
export function problemMessage(key: string, label: string, description: string): Message {
  return { key, label, description, tone: 'warning', canRefresh: true };
}
