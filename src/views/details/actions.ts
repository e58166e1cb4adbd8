import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { mayAnswer, type SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { actionNames, type ActionName } from './details-messages.ts';
import type { ActionData } from './details-data.ts';

/** The commands behind the panel's buttons. */
export const actionCommands: Readonly<Record<ActionName, string>> = {
  openPort: 'sandlight.openPort',
  ensure: 'sandlight.ensureRuntime',
  syncClock: 'sandlight.syncClock',
  ping: 'sandlight.ping',
  connect: 'sandlight.connect',
  restart: 'sandlight.restartConnection',
};

/** What can be done with a sandbox as it is. */
export function fittingActions(snapshot: SandboxSnapshot): readonly ActionData[] {
  return actionNames.filter((name) => fits(name, snapshot)).map((name) => ({ name, label: labelOf(name) }));
}

function fits(action: ActionName, snapshot: SandboxSnapshot): boolean {
  const { capabilities, connection, operation, ports, isStale } = snapshot;
  const isOpen = connection.phase === 'open';
  switch (action) {
    case 'openPort':
      return (
        ports.kind === 'known' &&
        !isStale &&
        ports.book.containers.some(({ bindings }) => bindings.some(({ protocol }) => protocol === 'tcp'))
      );
    case 'ensure':
      return isOpen && capabilities.has('ensure_runtime') && operation === null;
    case 'syncClock':
      return isOpen && capabilities.has('sync_clock');
    case 'ping':
    case 'restart':
      return isOpen;
    case 'connect':
      return !isOpen && mayAnswer(snapshot);
  }
}

function labelOf(action: ActionName): PlainText {
  switch (action) {
    case 'openPort':
      return l10n.t('Open Port');
    case 'ensure':
      return l10n.t('Ensure Runtime');
    case 'syncClock':
      return l10n.t('Sync Clock');
    case 'ping':
      return l10n.t('Ping');
    case 'connect':
      return l10n.t('Connect');
    case 'restart':
      return l10n.t('Restart Connection');
  }
}
