import type { PlainText } from '../../base/text.ts';
import type { DiscoveredSandbox } from '../model/discovered.ts';

/** What one look around found. */
export interface Findings {
  readonly sandboxes: readonly DiscoveredSandbox[];
  /** Sentences that say why there may be more. */
  readonly notes: readonly PlainText[];
}

/** How long changes are gathered before a look, in milliseconds; editors of one machine do not all look in the same moment. */
export function settleMs(random: number): number {
  return Math.round(150 + 100 * random);
}

/** How long until a look at what changes without a sign, in milliseconds. */
export function slowLookMs(random: number): number {
  return Math.round(30_000 * (0.9 + 0.2 * random));
}
