import type { ReadinessWord } from '../../sandboxes/model/snapshot.ts';
import type { Look } from './details-data.ts';

const ofReadiness: Readonly<Record<ReadinessWord, Look>> = {
  ready: 'good',
  starting: 'busy',
  degraded: 'warning',
  not_ready: 'warning',
  unreachable: 'bad',
  unknown: 'unknown',
};

/** How a readiness looks. */
export function readinessLook(readiness: ReadinessWord): Look {
  return ofReadiness[readiness];
}

const ofService: ReadonlyMap<string, Look> = new Map([
  ['ready', 'good'],
  ['starting', 'busy'],
  ['not_ready', 'warning'],
  ['error', 'bad'],
  ['failed', 'bad'],
]);

/** How a service's status looks; an unfamiliar word of the guest like one that tells nothing. */
export function serviceLook(status: string): Look {
  return ofService.get(status) ?? 'unknown';
}

const ofContainer: ReadonlyMap<string, Look> = new Map([
  ['running', 'good'],
  ['restarting', 'busy'],
  ['paused', 'warning'],
  ['dead', 'bad'],
]);

/** How a container looks by its state and health, as its engine says them. */
export function containerLook(state: string, health: string): Look {
  if (state === 'running' && health === 'unhealthy') return 'warning';
  if (state === 'running' && health === 'starting') return 'busy';
  return ofContainer.get(state) ?? 'unknown';
}
