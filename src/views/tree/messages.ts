import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import { sentences } from '../../agent/errors.ts';
import { connectionError } from '../../sandboxes/model/connection.ts';
import { mayAnswer, type SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { spinner, type Icon } from '../icon.ts';
import { timeText } from '../quantities.ts';
import { failureText } from '../reasons.ts';
import type { IdFactory } from './id-factory.ts';
import { contextTags, leaf, noText, type Branch } from './row.ts';

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
  readonly label: PlainText;
  readonly description?: PlainText;
  readonly tone: Tone;
  readonly canConnect?: boolean;
  readonly canRefresh?: boolean;
}

/** A row that says why there is nothing else to see, or what is wrong. */
export function messageRow(sandboxId: string, ids: IdFactory, message: Message): Branch {
  const { key, label, description = noText, tone, canConnect = false, canRefresh = false } = message;
  const problem = tone === 'warning' || tone === 'error';
  const contextValue = contextTags('message', { problem, canConnect, canRefresh });
  const node = { kind: 'message', id: ids('message', key), sandboxId } as const;
  return leaf(node, { label, description, icon: icons[tone], contextValue });
}

/** What {@link sandboxMessages} reads. */
export type MessageParts = Pick<
  SandboxSnapshot,
  'endpoint' | 'connection' | 'isStale' | 'discovered' | 'operation' | 'pollError' | 'cuts'
>;

/** What there is to say about a sandbox as a whole: above its groups, in this order. */
export function sandboxMessages(parts: MessageParts): readonly Message[] {
  const { operation, pollError, cuts, discovered } = parts;
  const note = discovered?.note;
  const messages: (Message | undefined)[] = [
    connectionMessage(parts),
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
export function connectionMessage(
  parts: Pick<SandboxSnapshot, 'endpoint' | 'connection' | 'isStale' | 'discovered'>,
): Message | undefined {
  const { endpoint, connection, isStale } = parts;
  const key = 'connection';
  if (connection.phase === 'open') return undefined;
  const idleLabel = isStale ? l10n.t('Disconnected') : l10n.t('Not connected');
  // Asking what does not run would only fail.
  if (!mayAnswer(parts))
    return {
      key,
      label: idleLabel,
      description: l10n.t('Start it with the tool it belongs to'),
      tone: 'info',
    };
  if (connection.phase === 'idle') return { key, label: idleLabel, tone: 'info', canConnect: true };
  const error = connectionError(connection);
  if (error === null) return { key, label: l10n.t('Connecting…'), tone: 'busy' };
  const isHopeless = connection.phase === 'failed';
  const label = isStale ? l10n.t('Connection lost, trying again') : l10n.t('Not reachable, trying again');
  const next = isHopeless ? [l10n.t('Sandlight looks again at {0}.', timeText(connection.retryAtMs))] : [];
  return {
    key,
    label: isHopeless ? l10n.t('Cannot connect') : label,
    // A narrow view cuts the end off, so that the endpoint, which is known, comes last.
    description: joined([sentences(failureText(error, endpoint), ...next), formatEndpoint(endpoint)], ' · '),
    tone: 'error',
    canConnect: true,
  };
}

/** Stands where the answer to a first question is still awaited; of a connection that is gone none will come. */
export function waitingMessage({ isStale }: Pick<SandboxSnapshot, 'isStale'>): Message {
  return isStale
    ? { key: 'waiting', label: l10n.t('Not told before the connection was lost'), tone: 'info' }
    : { key: 'waiting', label: l10n.t('Asking the agent…'), tone: 'busy' };
}

/** Stands where something was answered, and there is nothing of it. */
export function emptyMessage(label: PlainText, description?: PlainText): Message {
  return { key: 'empty', label, ...(description !== undefined && { description }), tone: 'info' };
}

/** Stands where something cannot be known, or not all of it. */
export function problemMessage(key: string, label: PlainText, description: PlainText): Message {
  return { key, label, description, tone: 'warning', canRefresh: true };
}
