import * as l10n from '../../base/l10n.ts';
import { joined, plain, plainText, type PlainText } from '../../base/text.ts';
import type { ReadinessChange, Series } from '../../sandboxes/model/history.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import type { ChartData, Point } from './details-data.ts';

/** A line is not drawn across a silence longer than this, which no interval of polls is: nothing was measured. */
const silenceMs = 25_000;
/** A scale reaches this many times the 95th percentile at most, so that one value does not flatten all others. */
const outlierFactor = 1.5;
/** Room above the highest value. */
const headroom = 1.1;

/**
 * The charts of a sandbox from `fromMs` on; one for each thing that its agent tells, or has told. Of a sandbox that is not
 * connected only what was measured is left.
 */
export function charts(snapshot: SandboxSnapshot, fromMs: number): readonly ChartData[] {
  const { history, capabilities, connection } = snapshot;
  const cpuCount = snapshot.system?.value.cpuCount ?? 0;
  const tellsSystem = capabilities.has('system_info');
  const recent = (series: Series): Series => series.filter(({ atMs }) => atMs >= fromMs);
  const percent = recent(history.memoryUsed).map(({ value, atMs }) => ({ value: value * 100, atMs }));
  const all = [
    {
      ...{ id: 'roundTrip', title: l10n.t('Round trip'), unit: l10n.t('{0} ms', '{0}') },
      ...{ fractionDigits: 1, leastTop: 1, isTold: true },
      series: recent(history.roundTripMs),
    },
    {
      id: 'load',
      title: cpuCount > 0 ? l10n.t('Load on {0} processors', cpuCount) : l10n.t('Load'),
      ...{ unit: plain`{0}`, fractionDigits: 2, leastTop: Math.max(cpuCount, 1), isTold: tellsSystem },
      series: recent(history.load),
    },
    {
      ...{ id: 'memory', title: l10n.t('Memory in use'), unit: plain`{0} %` },
      ...{ fractionDigits: 0, leastTop: 100, isTold: tellsSystem },
      series: percent,
    },
  ];
  return all
    .filter(({ series, isTold }) => series.length > 0 || (isTold && connection.phase === 'open'))
    .map((parts) => chart(parts, history.readiness));
}

interface ChartParts extends Pick<ChartData, 'id' | 'title' | 'unit' | 'fractionDigits'> {
  /** The scale reaches this value at least. */
  readonly leastTop: number;
  readonly series: Series;
}

function chart(
  { id, title, unit, fractionDigits, leastTop, series }: ChartParts,
  readiness: readonly ReadinessChange[],
): ChartData {
  const parts = { id, title, unit, fractionDigits };
  const values = series.map(({ value }) => value);
  const top = Math.max(topOf(values), leastTop);
  return { ...parts, top, summary: summary(values, top, parts), points: withGaps(series, readiness) };
}

/** Where a scale of values ends; a few that are far above the others do not fit. */
function topOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const highest = sorted.at(-1) ?? 0;
  const percentile95 = sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0;
  return Math.min(highest, percentile95 * outlierFactor) * headroom;
}

function summary(
  values: readonly number[],
  top: number,
  { unit, fractionDigits }: Pick<ChartData, 'unit' | 'fractionDigits'>,
): PlainText {
  const latest = values.at(-1);
  if (latest === undefined) return l10n.t('Nothing measured yet.');
  const text = (value: number): PlainText =>
    plainText(unit.replace('{0}', value.toFixed(fractionDigits)), 60);
  const range = l10n.t(
    'Latest {0}, between {1} and {2}',
    text(latest),
    text(Math.min(...values)),
    text(Math.max(...values)),
  );
  const above = values.filter((value) => value > top).length;
  return above === 0 ? range : joined([range, l10n.t('{0} above the scale', above)], '; ');
}

/** The points with an empty one wherever nothing was known: after a long silence, and while nothing could be reached. */
function withGaps(series: Series, readiness: readonly ReadinessChange[]): readonly Point[] {
  const losses = readiness.filter(({ value }) => value === 'unreachable' || value === 'unknown');
  let next = 0;
  return series.flatMap((point, index) => {
    const before = series[index - 1];
    if (before === undefined) return [point];
    while ((losses[next]?.atMs ?? Infinity) <= before.atMs) next++;
    const wasLost = (losses[next]?.atMs ?? Infinity) < point.atMs;
    const hasGap = wasLost || point.atMs - before.atMs > silenceMs;
    return hasGap ? [{ atMs: before.atMs + 1, value: null }, point] : [point];
  });
}
