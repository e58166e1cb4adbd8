import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import type { RegistryChange } from '../../sandboxes/watch/sandbox-registry.ts';
import { attentionOf } from '../attention.ts';
import { PerSandbox, type Snapshots } from '../per-sandbox.ts';

/** What stands on the view's icon. */
export interface Badge {
  readonly value: number;
  readonly tooltip: PlainText;
}

/** How many sandboxes need attention; looks again only at what has changed. */
export class NeedyCount {
  readonly #needs = new PerSandbox((snapshot) => (attentionOf(snapshot).level === 'none' ? 0 : 1));
  #sum = 0;

  update(snapshots: Snapshots, change: RegistryChange): number {
    for (const { before = 0, after = 0 } of this.#needs.update(snapshots, change))
      this.#sum += after - before;
    return this.#sum;
  }
}

/** The badge of the view; `undefined` when there is nothing to count. */
export function badgeOf(count: number): Badge | undefined {
  if (count === 0) return undefined;
  return {
    value: count,
    tooltip:
      count === 1 ? l10n.t('1 sandbox needs attention') : l10n.t('{0} sandboxes need attention', count),
  };
}
