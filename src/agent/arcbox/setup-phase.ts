import * as l10n from '../../base/l10n.ts';
import type { RuntimeStatusResponse } from '../generated/arcbox/v1/agent.ts';
import type { SetupStatus } from '../generated/arcbox/v1/daemon.ts';

/** The daemon's phases by number, as words for a person and as the status of a service. */
const phases: ReadonlyMap<number, { readonly word: () => string; readonly status: string }> = new Map([
  [1, { word: () => l10n.t('initializing'), status: 'starting' }],
  [2, { word: () => l10n.t('assets ready'), status: 'starting' }],
  [3, { word: () => l10n.t('VM starting'), status: 'starting' }],
  [4, { word: () => l10n.t('VM ready'), status: 'starting' }],
  [5, { word: () => l10n.t('network ready'), status: 'starting' }],
  [6, { word: () => l10n.t('ready'), status: 'ready' }],
  [7, { word: () => l10n.t('degraded'), status: 'error' }],
  [8, { word: () => l10n.t('downloading'), status: 'starting' }],
  [9, { word: () => l10n.t('cleaning up'), status: 'not_ready' }],
  [10, { word: () => l10n.t('failed'), status: 'error' }],
]);

/**
 * The setup of the daemon in the shape of a runtime status. The daemon reports no services; its phase `ready` means that
 * Docker in the machine has answered, and stands for the one service `setup`.
 */
export function runtimeOfSetup({ phase, message }: SetupStatus): RuntimeStatusResponse {
  const { word, status } = phases.get(phase) ?? {
    word: () => l10n.t('phase {0}', phase),
    status: 'not_ready',
  };
  const isReady = status === 'ready';
  const detail = message === '' ? word() : l10n.t('{0}: {1}', word(), message);
  return {
    containerdReady: isReady,
    dockerReady: isReady,
    endpoint: '',
    detail,
    services: [{ name: 'setup', status, detail }],
  };
}
