/*
 * What the panel's page may say and keep. Nothing of a guest comes back from it: an action is one word of a closed list.
 */

/** What the panel's buttons do, in their order. */
export const actionNames = ['openPort', 'ensure', 'syncClock', 'ping', 'connect', 'restart'] as const;

/** One of {@link actionNames}. */
export type ActionName = (typeof actionNames)[number];

export function isActionName(value: unknown): value is ActionName {
  return actionNames.some((name) => name === value);
}

/** What the page says. */
export type PageMessage =
  /** Its script runs and can take data. */
  | { readonly kind: 'ready' }
  /** Somebody pressed a button. */
  | { readonly kind: 'action'; readonly action: ActionName };

/** The message that the page means; `undefined` for anything that is not exactly one. */
export function pageMessage(message: unknown): PageMessage | undefined {
  if (!isObject(message)) return undefined;
  const { kind, action, ...others } = message;
  if (Object.keys(others).length > 0) return undefined;
  if (kind === 'ready' && action === undefined) return { kind };
  return kind === 'action' && isActionName(action) ? { kind, action } : undefined;
}

/** What the panel keeps for the time when the window is loaded again. */
export interface PanelState {
  readonly sandboxId: string;
  readonly name: string;
}

export function isPanelState(state: unknown): state is PanelState {
  return isObject(state) && hasTexts(state, 'sandboxId', 'name');
}

/** Something that may have any keys. */
export type Loose = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;

/** True when there is a text under each of these keys. */
export const hasTexts = (value: Loose, ...keys: readonly string[]): boolean =>
  keys.every((key) => typeof value[key] === 'string');
