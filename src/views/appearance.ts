import * as l10n from '../base/l10n.ts';
import type { DiscoveredState } from '../sandboxes/model/discovered.ts';
import { mayAnswer, type ReadinessWord, type SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { joined, type PlainText } from '../base/text.ts';
import type { ContainerFacts } from '../agent/facts.ts';
import { spinner, staleColor, type Icon } from './icon.ts';

/** How a state is shown: always an icon and a word. */
export interface Appearance {
  readonly word: PlainText;
  readonly icon: Icon;
}

/** How a sandbox's readiness is shown, the unknown one by what its connection does. */
export function sandboxAppearance(
  parts: Pick<SandboxSnapshot, 'readiness' | 'connection' | 'discovered'>,
): Appearance {
  const { readiness, connection, discovered } = parts;
  // What its own tool has stopped is not amiss, even while a connection to it still fails.
  if (connection.phase !== 'open' && !mayAnswer(parts)) return idleAppearance(discovered?.state);
  if (readiness !== 'unknown') return readinessAppearance(readiness);
  switch (connection.phase) {
    case 'idle':
      return idleAppearance(discovered?.state);
    case 'connecting':
    case 'backoff':
      return { word: l10n.t('connecting'), icon: spinner };
    case 'open':
      return { word: l10n.t('checking'), icon: spinner };
    case 'failed':
      return readinessAppearance('unreachable');
  }
}

/** A sandbox that nobody connects to: as its own tool knows it, where there is one. */
function idleAppearance(state: DiscoveredState | undefined): Appearance {
  switch (state) {
    case 'stopped':
      return { word: l10n.t('stopped'), icon: { id: 'circle-slash', color: staleColor } };
    case 'paused':
      return { word: l10n.t('paused'), icon: { id: 'circle-large-outline', color: staleColor } };
    case 'dead':
      return { word: l10n.t('not running'), icon: { id: 'circle-slash', color: staleColor } };
    case 'starting':
      return readinessAppearance('starting');
    case 'running':
    case undefined:
      return { word: l10n.t('not connected'), icon: { id: 'vm-outline' } };
  }
}

/** How one readiness word is shown. */
export function readinessAppearance(readiness: ReadinessWord): Appearance {
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
export function serviceAppearance(status: PlainText): Appearance {
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

/** How a container's state, and its health where it is checked, are shown; unfamiliar words as the engine says them. */
export function containerAppearance({
  state,
  health,
}: Pick<ContainerFacts<PlainText>, 'state' | 'health'>): Appearance {
  const { word, icon } = stateAppearance(state);
  switch (state === 'running' ? health : '') {
    case 'healthy':
      return { word: joined([word, l10n.t('healthy')], ' · '), icon };
    case 'unhealthy':
      return {
        word: joined([l10n.t('unhealthy'), word], ' · '),
        icon: { id: 'warning', color: 'list.warningForeground' },
      };
    case 'starting':
      return { word: joined([word, l10n.t('health not known yet')], ' · '), icon };
    default:
      return { word, icon };
  }
}

function stateAppearance(state: PlainText): Appearance {
  switch (state) {
    case 'running':
      return { word: l10n.t('running'), icon: { id: 'circle-filled', color: 'testing.iconPassed' } };
    case 'paused':
      return { word: l10n.t('paused'), icon: { id: 'circle-large-outline', color: staleColor } };
    case 'restarting':
      return { word: l10n.t('restarting'), icon: spinner };
    case 'created':
      return { word: l10n.t('created'), icon: { id: 'circle-outline', color: staleColor } };
    case 'exited':
      return { word: l10n.t('exited'), icon: { id: 'circle-slash', color: staleColor } };
    case 'dead':
      return { word: l10n.t('dead'), icon: { id: 'error', color: 'list.errorForeground' } };
    case '':
      return { word: l10n.t('state not told'), icon: { id: 'circle-outline' } };
    default:
      return { word: state, icon: { id: 'circle-outline' } };
  }
}
