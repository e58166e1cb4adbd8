import type { PlainText } from '../base/text.ts';

/** The standard output or error of this program. */
export interface Screen {
  /** True for a terminal that lines can be drawn over on. */
  readonly canRedraw: boolean;
  readonly hasColour: boolean;
  readonly write: (text: PlainText) => void;
  /** Of a terminal; of 80 by 24 where it does not tell. */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

/** The parts of a standard stream that are used here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** What may be done on a stream. */
export function screenOf(stream: OutputStream, env: NodeJS.ProcessEnv): Screen {
  const isTerminal = stream.isTTY === true;
  return {
    canRedraw: isTerminal && env['TERM'] !== 'dumb',
    hasColour: wantsColour(isTerminal, env),
    write: (text) => stream.write(text),
    size: () => ({ columns: stream.columns ?? 80, rows: stream.rows ?? 24 }),
  };
}

/**
 * Whether colour is wanted: by `FORCE_COLOR` (unless it is `0` or `false`), else not with `NO_COLOR` or `TERM=dumb`, else
 * on a terminal. An empty variable counts as none, but for `FORCE_COLOR`, as Node.js has it.
 */
function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return isTerminal;
}
