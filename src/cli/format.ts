import { summarize, type Summary } from '../base/statistics.ts';
import { plain, type PlainText } from '../base/text.ts';
import { durationText, fixedText } from '../views/quantities.ts';

/** Milliseconds with a thousandth's resolution, so that a local round trip does not print as noise. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Summarises at least one round trip, in milliseconds. */
export function summarizeRtts(rttsMs: readonly number[]): Summary {
  const { min, median, p99, max } = summarize(rttsMs);
  return { min: roundMs(min), median: roundMs(median), p99: roundMs(p99), max: roundMs(max) };
}

/** How long something took, in the unit a person would choose: "83 µs", "4.2 ms", "27 ms", "1.3 s", "2 min 5 s". */
export function latencyText(ms: number): PlainText {
  if (ms < 1) return plain`${Math.round(ms * 1000)} µs`;
  if (ms < 10) return plain`${fixedText(ms, 1)} ms`;
  if (ms < 1000) return plain`${Math.round(ms)} ms`;
  return ms < 60_000 ? plain`${fixedText(ms / 1000, 1)} s` : durationText(ms);
}
