import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { unreadyServices } from '../../sandboxes/model/readiness.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import type { RegistryChange } from '../../sandboxes/watch/sandbox-registry.ts';
import { PerSandbox, type Snapshots } from '../per-sandbox.ts';

/** What stands on the view's icon. */
export interface Badge {
  readonly value: number;
  readonly tooltip: PlainText;
}

/** How many services of connected sandboxes are not ready; counts again only what has changed. */
export class UnreadyCount {
  readonly #counts = new PerSandbox(unreadyCount);
  #sum = 0;

  update(snapshots: Snapshots, change: RegistryChange): number {
    for (const { before = 0, after = 0 } of this.#counts.update(snapshots, change))
      this.#sum += after - before;
    return this.#sum;
  }
}

function unreadyCount({ connection, runtime }: SandboxSnapshot): number {
  return connection.phase !== 'open' || runtime === null ? 0 : unreadyServices(runtime.value).length;
}

/** The badge of the view; `undefined` when there is nothing to count. */
export function badgeOf(count: number): Badge | undefined {
  if (count === 0) return undefined;
  return {
    value: count,
    tooltip: count === 1 ? l10n.t('1 service is not ready') : l10n.t('{0} services are not ready', count),
  };
}
