/** A product icon by its id, and the theme colour it is drawn in. Never the only sign of a state: a word goes with it. */
export interface Icon {
  readonly id: string;
  readonly color?: string;
}

/** What is known from an earlier connection only. */
export const staleColor = 'disabledForeground';

export const spinner: Icon = { id: 'loading~spin' };
