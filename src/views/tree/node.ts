import type { PlainText } from '../../base/text.ts';
import type { HostBinding } from '../../sandboxes/model/guest-facts.ts';

/** The groups of a sandbox's rows. */
export type GroupName = 'services' | 'ports' | 'containers' | 'listening' | 'system';

/** The facts of the System group, in the order of their rows. */
export const factNames = [
  'init',
  'memory',
  'load',
  'uptime',
  'addresses',
  'kernel',
  'os',
  'host',
  'agent',
  'clock',
  'boot',
  'activity',
] as const;

/** One of {@link factNames}. */
export type FactName = (typeof factNames)[number];

/**
 * What a row is about: its identity and nothing that changes, so that one id always means equal nodes. Row commands get it
 * as their argument. `id` is unique in the whole tree, the same after every refresh, and shaped like a path.
 */
export type TreeNode =
  | { readonly kind: 'sandbox'; readonly id: string; readonly sandboxId: string }
  | { readonly kind: 'group'; readonly id: string; readonly sandboxId: string; readonly group: GroupName }
  | { readonly kind: 'service'; readonly id: string; readonly sandboxId: string; readonly name: PlainText }
  | {
      readonly kind: 'port';
      readonly id: string;
      readonly sandboxId: string;
      readonly containerId: PlainText;
      readonly binding: HostBinding;
    }
  /** Successive ports of one container. */
  | { readonly kind: 'range'; readonly id: string; readonly sandboxId: string }
  | {
      readonly kind: 'container';
      readonly id: string;
      readonly sandboxId: string;
      readonly containerId: PlainText;
    }
  /** The containers of one compose project. */
  | { readonly kind: 'project'; readonly id: string; readonly sandboxId: string }
  | { readonly kind: 'fact'; readonly id: string; readonly sandboxId: string; readonly fact: FactName }
  | { readonly kind: 'listener'; readonly id: string; readonly sandboxId: string }
  | { readonly kind: 'message'; readonly id: string; readonly sandboxId: string };

/** Joins parts, of which any may come from a guest, so that different parts always make different ids. */
export function nodeId(...parts: readonly (string | number)[]): string {
  return parts.map((part) => String(part).replace(/[%/]/g, escapeOf)).join('/');
}

const escapeOf = (character: string): string => (character === '/' ? '%2F' : '%25');
