import { plain, type PlainText } from '../base/text.ts';
import type { Screen } from './screen.ts';
import { linesText, styled, type Line } from './styled.ts';
import { cutLine } from './text-width.ts';

/** Clears from the cursor to the end of the screen. */
const clearBelow = '\u001b[J';

/**
 * Draws lines over those it drew before, so that a terminal shows the latest alone and what stood above them stays. What
 * does not fit is cut and told.
 */
export function liveView({ write, size, hasColour }: Screen): (lines: readonly Line[]) => void {
  let drawn = 0;
  let last: PlainText | undefined;
  return (lines) => {
    const { columns, rows } = size();
    const shown = fitting(lines, rows - 1).map((line) => cutLine(line, columns - 1));
    const text = linesText(shown, hasColour);
    if (text === last) return;
    const back = drawn === 0 ? plain`` : plain`\u001b[${drawn}A\r${clearBelow}`;
    write(plain`${back}${text}\n`);
    [drawn, last] = [shown.length, text];
  };
}

function fitting(lines: readonly Line[], room: number): readonly Line[] {
  if (lines.length <= room) return lines;
  const kept = Math.max(room - 1, 0);
  return [...lines.slice(0, kept), [styled(plain`${lines.length - kept} more lines`, 'faint')]];
}
