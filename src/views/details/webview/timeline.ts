import type { DetailsData, Period, State } from '../details-data.ts';
import { element, table } from './dom.ts';
import { timeText } from './times.ts';

/** A state's word after its sign; the sign has a shape of its own for every look. */
export function stateLabel({ look, word }: State): HTMLElement {
  return element('span', { class: `state ${look}` }, word);
}

/** The readiness as a strip over the charts' time, and every change of it as a table, latest first. */
export function timelineParts({ timeline, fromMs, toMs, words }: DetailsData): readonly Node[] {
  if (timeline.length === 0) return [];
  const seen = timeline.filter((period) => period.toMs > fromMs);
  const strip = seen.map((period) => stripPart(period, Math.max(period.fromMs, fromMs)));
  // Nothing is known of the time before the first one.
  const before = Math.max((seen[0]?.fromMs ?? fromMs) - fromMs, 0);
  const gap = element('span', { class: 'gap' });
  gap.style.flexGrow = String(before);
  const latestFirst = timeline.toReversed();
  const values = table(
    words.timeline,
    [words.state, words.since, words.lasted, words.reason],
    latestFirst.map((period) => ['', timeText(period.fromMs, toMs), period.lasted, period.reason]),
  );
  for (const [index, row] of [...values.tBodies].flatMap(({ rows }) => [...rows]).entries()) {
    const period = latestFirst[index];
    if (period !== undefined) row.cells[0]?.append(stateLabel(period.state));
  }
  return [
    element('h2', {}, words.timeline),
    element('div', { class: 'bar strip', 'aria-hidden': 'true' }, gap, ...strip),
    values,
  ];
}

function stripPart({ state, toMs }: Period, fromMs: number): HTMLElement {
  const part = element('span', { class: `part ${state.look}`, title: state.word }, state.word);
  part.style.flexGrow = String(Math.max(toMs - fromMs, 0));
  return part;
}
