import * as l10n from '../base/l10n.ts';
import type { DiscoveredState } from '../sandboxes/model/discovered.ts';
import type { ReadinessWord, SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { spinner, type Icon } from './icon.ts';

/** How a state is shown: always an icon and a word. */
export interface Look {
  readonly word: string;
  readonly icon: Icon;
}

/** How a sandbox's readiness is shown, the unknown one by what its connection does. */
export function sandboxLook({ readiness, connection, discovered }: SandboxSnapshot): Look {
  if (readiness !== 'unknown') return readinessLook(readiness);
  switch (connection.phase) {
    case 'idle':
      return idleLook(discovered?.state);
    case 'connecting':
    case 'backoff':
      return { word: l10n.t('connecting'), icon: spinner };
    case 'open':
      return { word: l10n.t('checking'), icon: spinner };
    case 'failed':
      return readinessLook('unreachable');
  }
}

/** A sandbox that nobody connects to: as its own tool knows it, where there is one. */
function idleLook(state: DiscoveredState | undefined): Look {
  switch (state) {
    case 'stopped':
      return { word: l10n.t('stopped'), icon: { id: 'debug-stop' } };
    case 'paused':
      return { word: l10n.t('paused'), icon: { id: 'debug-pause' } };
    case 'dead':
      return { word: l10n.t('not running'), icon: { id: 'circle-slash' } };
    case 'starting':
      return readinessLook('starting');
    case 'running':
    case undefined:
      return { word: l10n.t('not connected'), icon: { id: 'debug-disconnect' } };
  }
}

/** How one readiness word is shown. */
export function readinessLook(readiness: ReadinessWord): Look {
  switch (readiness) {
    case 'ready':
      return { word: l10n.t('ready'), icon: { id: 'pass-filled', color: 'testing.iconPassed' } };
    case 'starting':
      return { word: l10n.t('starting'), icon: spinner };
    case 'degraded':
      return { word: l10n.t('degraded'), icon: { id: 'warning', color: 'list.warningForeground' } };
    case 'not_ready':
      return { word: l10n.t('not ready'), icon: { id: 'circle-slash', color: 'list.warningForeground' } };
    case 'unreachable':
      return { word: l10n.t('unreachable'), icon: { id: 'error', color: 'list.errorForeground' } };
    case 'unknown':
      return { word: l10n.t('unknown'), icon: { id: 'question' } };
  }
}

/** How a service's status is shown. The words are an open set: an unfamiliar one is shown as the guest says it. */
export function serviceLook(status: string): Look {
  switch (status) {
    case 'ready':
      return { word: l10n.t('ready'), icon: { id: 'pass', color: 'testing.iconPassed' } };
    case 'starting':
      return { word: l10n.t('starting'), icon: spinner };
    case 'not_ready':
      return { word: l10n.t('not ready'), icon: { id: 'circle-slash', color: 'list.warningForeground' } };
    case 'error':
    case 'failed':
      return { word: l10n.t('failed'), icon: { id: 'error', color: 'list.errorForeground' } };
    case '':
      return { word: l10n.t('unknown'), icon: { id: 'question' } };
    default:
      return { word: status, icon: { id: 'question' } };
  }
}
