import * as l10n from '../../base/l10n.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import type { Series } from '../../sandboxes/model/history.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import type { ChartData, Point } from './details-data.ts';

/** A line is not drawn across a silence longer than this: nothing was measured. */
const silenceMs = 40_000;

/** The charts of a sandbox from `fromMs` on; one for each thing that its agent tells, or has told. */
export function charts(snapshot: SandboxSnapshot, fromMs: number): readonly ChartData[] {
  const { history, capabilities } = snapshot;
  const cpuCount = snapshot.system?.value.cpuCount ?? 0;
  const isTold = (series: Series): boolean => capabilities.has('system_info') || series.length > 0;
  const recent = (series: Series): Series => series.filter(({ atMs }) => atMs >= fromMs);
  const percent = recent(history.memoryUsed).map(({ value, atMs }) => ({ value: value * 100, atMs }));
  const roundTrip = chart({
    id: 'roundTrip',
    title: l10n.t('Round trip'),
    unit: l10n.t('{0} ms', '{0}'),
    fractionDigits: 1,
    scaleTo: 1,
    series: recent(history.roundTripMs),
  });
  const load = chart({
    id: 'load',
    title: cpuCount > 0 ? l10n.t('Load on {0} processors', cpuCount) : l10n.t('Load'),
    unit: plain`{0}`,
    fractionDigits: 2,
    scaleTo: Math.max(cpuCount, 1),
    series: recent(history.load),
  });
  const memory = chart({
    id: 'memory',
    title: l10n.t('Memory in use'),
    unit: plain`{0} %`,
    fractionDigits: 0,
    scaleTo: 100,
    series: percent,
  });
  return [
    roundTrip,
    ...(isTold(history.load) ? [load] : []),
    ...(isTold(history.memoryUsed) ? [memory] : []),
  ];
}

interface ChartParts extends Omit<ChartData, 'summary' | 'points'> {
  readonly series: Series;
}

function chart({ series, ...parts }: ChartParts): ChartData {
  return { ...parts, summary: summary({ series, ...parts }), points: withGaps(series) };
}

function summary({ series, unit, fractionDigits }: ChartParts): PlainText {
  const latest = series.at(-1);
  if (latest === undefined) return l10n.t('Nothing measured yet.');
  const text = (value: number): PlainText =>
    plainText(unit.replace('{0}', value.toFixed(fractionDigits)), 60);
  const values = series.map(({ value }) => value);
  return l10n.t(
    'Latest {0}, between {1} and {2}',
    text(latest.value),
    text(Math.min(...values)),
    text(Math.max(...values)),
  );
}

function withGaps(series: Series): readonly Point[] {
  return series.flatMap((point, index) => {
    const before = series[index - 1];
    return before !== undefined && point.atMs - before.atMs > silenceMs
      ? [{ atMs: before.atMs + 1, value: null }, point]
      : [point];
  });
}
