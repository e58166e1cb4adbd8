import { plain, type PlainText } from '../base/text.ts';
import { durationText } from '../views/quantities.ts';
import type { Screen } from './screen.ts';
import { linesText } from './styled.ts';
import { cutLine } from './text-width.ts';

/** Where lines stay, in a log for instance, the next one comes this much later at the earliest, in milliseconds. */
export const lineIntervalMs = 10_000;

/** What work that goes on tells about once a second. */
export interface Progress {
  readonly tell: (elapsedMs: number, words: PlainText) => void;
  /** Called once when the work is over. */
  readonly end: () => void;
}

/** One line that is drawn over on a terminal; elsewhere a line for words that are new, and only now and then. */
export function progressOn(screen: Screen): Progress {
  return screen.canRedraw ? redrawnLine(screen) : fewLines(screen);
}

/** Goes to the start of the line and clears it. */
const clearLine = '\r\u001b[K';

function redrawnLine({ write, size }: Screen): Progress {
  return {
    tell: (elapsedMs, words) => {
      const line = cutLine([progressText(elapsedMs, words)], size().columns - 1);
      write(plain`${clearLine}${linesText([line], false)}`);
    },
    end: () => {
      write(plain`${clearLine}`);
    },
  };
}

function fewLines({ write }: Screen): Progress {
  let lastMs = -lineIntervalMs;
  let last: PlainText | undefined;
  return {
    tell: (elapsedMs, words) => {
      if (words === last || elapsedMs - lastMs < lineIntervalMs) return;
      [lastMs, last] = [elapsedMs, words];
      write(plain`${progressText(elapsedMs, words)}\n`);
    },
    end: () => undefined,
  };
}

function progressText(elapsedMs: number, words: PlainText): PlainText {
  return plain`${durationText(elapsedMs)}: ${words}`;
}
