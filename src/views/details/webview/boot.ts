import type { DetailsData } from '../details-data.ts';
import { element, table } from './dom.ts';

/** The boot as one bar, with what its parts stand for below. */
export function bootParts({ boot, words }: DetailsData): readonly Node[] {
  if (boot === null) return [];
  const parts = boot.stages.map(({ durationMs }, index) => {
    const part = element('span', { class: `stage stage-${index}` });
    part.style.flexGrow = String(durationMs);
    return part;
  });
  const values = table(
    words.boot,
    [words.stage, words.lasted],
    boot.stages.map(({ label, text }) => [label, text]),
  );
  for (const [index, row] of [...values.tBodies].flatMap(({ rows }) => [...rows]).entries())
    row.cells[0]?.prepend(element('span', { class: `swatch stage-${index}` }));
  return [
    element('h2', {}, words.boot),
    element('p', { class: 'summary' }, boot.summary),
    element('div', { class: 'bar', role: 'img', 'aria-label': boot.summary }, ...parts),
    values,
  ];
}
