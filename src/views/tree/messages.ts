import { l10n } from 'vscode';
import { connectionError } from '../../sandboxes/connection.ts';
import type { SandboxSnapshot } from '../../sandboxes/snapshot.ts';
import { spinner, type Icon } from '../icon.ts';
import type { IdFactory } from './id-factory.ts';
import { contextTags, leaf, type Branch } from './row.ts';

/** What a message says, and which next steps its row offers. */
export interface Message {
  /** Tells the messages below one parent apart. */
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly icon: Icon | null;
  readonly canConnect?: boolean;
  readonly canRefresh?: boolean;
}

const infoIcon: Icon = { id: 'info' };
const warningIcon: Icon = { id: 'warning', color: 'list.warningForeground' };
const errorIcon: Icon = { id: 'error', color: 'list.errorForeground' };

/** A row that says why there is nothing else to see, or what is wrong. */
export function messageRow(sandboxId: string, ids: IdFactory, message: Message): Branch {
  const { key, canConnect = false, canRefresh = false, ...row } = message;
  const node = { kind: 'message', id: ids('message', key), sandboxId } as const;
  return leaf(node, { ...row, contextValue: contextTags('message', { canConnect, canRefresh }) });
}

/** What there is to say about a sandbox as a whole: above its groups, in this order. */
export function sandboxMessages(snapshot: SandboxSnapshot): readonly Message[] {
  const { operation, pollError, cuts } = snapshot;
  const messages: (Message | undefined)[] = [
    connectionMessage(snapshot),
    operation === null
      ? undefined
      : {
          key: 'operation',
          label: l10n.t('Ensuring the runtime'),
          description: operation.detail,
          icon: spinner,
        },
    pollError === null
      ? undefined
      : {
          key: 'poll',
          label: l10n.t('The agent could not answer everything'),
          description: pollError,
          icon: warningIcon,
          canRefresh: true,
        },
    cuts === 0
      ? undefined
      : {
          key: 'cuts',
          label: l10n.t('Not everything the guest sent is shown'),
          description: l10n.t('{0} texts or entries were too long, too many or impossible', cuts),
          icon: infoIcon,
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
      icon: errorIcon,
      canConnect: true,
    };
  }
  if (reason !== undefined) {
    const label = isStale
      ? l10n.t('Connection lost: earlier data, trying again')
      : l10n.t('No connection yet: trying again');
    return { key, label, description: reason, icon: errorIcon, canConnect: true };
  }
  switch (connection.phase) {
    case 'idle':
      return {
        key,
        label: isStale ? l10n.t('Disconnected: earlier data') : l10n.t('Not connected'),
        icon: infoIcon,
        canConnect: true,
      };
    case 'connecting':
      return { key, label: l10n.t('Connecting…'), icon: spinner };
    default:
      return undefined;
  }
}

/** Stands where the answer to a first question is still awaited. */
export function waitingMessage(): Message {
  return { key: 'waiting', label: l10n.t('Asking the agent…'), icon: spinner };
}

/** Stands where something was answered, and there is nothing of it. */
export function emptyMessage(label: string, description = ''): Message {
  return { key: 'empty', label, description, icon: infoIcon };
}

/** Stands where something cannot be known, or not all of it. */
export function problemMessage(key: string, label: string, description: string): Message {
  return { key, label, description, icon: warningIcon, canRefresh: true };
}
