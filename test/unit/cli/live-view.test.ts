import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { liveView } from '../../../src/cli/live-view.ts';

function view(rows: number): { draw: ReturnType<typeof liveView>; written: string[] } {
  const written: string[] = [];
  const write = (text: string): void => {
    written.push(text);
  };
  const size = (): { columns: number; rows: number } => ({ columns: 10, rows });
  return { draw: liveView({ canRedraw: true, hasColour: false, write, size }), written };
}

test('each drawing takes the place of the one before; what is the same is not drawn again', () => {
  const { draw, written } = view(24);
  draw([[plain`a`], [plain`b`]]);
  draw([[plain`a`], [plain`b`]]);
  draw([[plain`c`]]);
  draw([[plain`d`]]);
  expect(written).toEqual(['a\nb\n', '\u001b[2A\r\u001b[Jc\n', '\u001b[1A\r\u001b[Jd\n']);
});

test('what does not fit a terminal is cut and told, because a line that scrolled away cannot be drawn over', () => {
  const { draw, written } = view(4);
  draw([[plain`1`], [plain`0123456789`], [plain`3`], [plain`4`]]);
  expect(written).toEqual(['1\n01234567…\n2 more l…\n']);
});
