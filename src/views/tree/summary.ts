import * as l10n from '../../base/l10n.ts';
import { unreadyServices } from '../../sandboxes/model/readiness.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';

/** How many services of connected sandboxes are not ready. */
export function unreadyCount(snapshots: readonly SandboxSnapshot[]): number {
  return snapshots
    .filter(({ connection }) => connection.phase === 'open')
    .reduce((sum, { runtime }) => sum + (runtime === null ? 0 : unreadyServices(runtime.value).length), 0);
}

/** The badge of the view; `undefined` when there is nothing to count. */
export function badgeOf(
  snapshots: readonly SandboxSnapshot[],
): { readonly value: number; readonly tooltip: string } | undefined {
  const value = unreadyCount(snapshots);
  if (value === 0) return undefined;
  return {
    value,
    tooltip: value === 1 ? l10n.t('1 service is not ready') : l10n.t('{0} services are not ready', value),
  };
}
