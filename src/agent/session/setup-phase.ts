import type { RuntimeStatusResponse } from '../generated/arcbox/v1/agent.ts';
import type { SetupStatus } from '../generated/arcbox/v1/daemon.ts';

/** The daemon's phases by number, as words for a person and as the status of a service. */
const phases: ReadonlyMap<number, { readonly word: string; readonly status: string }> = new Map([
  [1, { word: 'initializing', status: 'starting' }],
  [2, { word: 'assets ready', status: 'starting' }],
  [3, { word: 'VM starting', status: 'starting' }],
  [4, { word: 'VM ready', status: 'starting' }],
  [5, { word: 'network ready', status: 'starting' }],
  [6, { word: 'ready', status: 'ready' }],
  [7, { word: 'degraded', status: 'error' }],
  [8, { word: 'downloading', status: 'starting' }],
  [9, { word: 'cleaning up', status: 'not_ready' }],
  [10, { word: 'failed', status: 'error' }],
]);

/**
 * The setup of the daemon in the shape of a runtime status. The daemon reports no services; its phase `ready` means that
 * Docker in the machine has answered, and stands for the one service `setup`.
 */
export function runtimeOfSetup({ phase, message }: SetupStatus): RuntimeStatusResponse {
  const { word, status } = phases.get(phase) ?? { word: `phase ${phase}`, status: 'not_ready' };
  const isReady = status === 'ready';
  const detail = message === '' ? word : `${word}: ${message}`;
  return {
    containerdReady: isReady,
    dockerReady: isReady,
    endpoint: '',
    detail,
    services: [{ name: 'setup', status, detail }],
  };
}
