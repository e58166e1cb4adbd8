import * as l10n from '../base/l10n.ts';

/** A duration in its two largest units, from seconds up to days: "12 s", "3 min 20 s", "2 h 5 min", "4 d 1 h". */
export function durationText(durationMs: number): string {
  const seconds = Math.max(Math.floor(durationMs / 1000), 0);
  if (seconds < 60) return l10n.t('{0} s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min {1} s', minutes, seconds % 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return l10n.t('{0} h {1} min', hours, minutes % 60);
  return l10n.t('{0} d {1} h', Math.floor(hours / 24), hours % 24);
}

/** The same without seconds above a minute, for values that are shown for long and would change all the time. */
export function coarseDurationText(durationMs: number): string {
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes < 1) return l10n.t('less than a minute');
  return minutes < 60 ? l10n.t('{0} min', minutes) : durationText(minutes * 60_000);
}

/** Milliseconds of a round trip, to a tenth below 10 ms: "0.4 ms", "27 ms". */
export function roundTripText(roundTripMs: number): string {
  return l10n.t('{0} ms', roundTripMs < 10 ? roundTripMs.toFixed(1) : Math.round(roundTripMs));
}

/** Bytes in MiB or GiB, to a tenth: "512.0 MiB", "7.8 GiB". */
export function bytesText(bytes: bigint): string {
  const mebibytes = Number(bytes) / 2 ** 20;
  return mebibytes < 1024
    ? l10n.t('{0} MiB', mebibytes.toFixed(1))
    : l10n.t('{0} GiB', (mebibytes / 1024).toFixed(1));
}

/** Below this, in milliseconds, two clocks count as in step: what is left is mostly the measurement. */
const inStepMs = 50;

/** True when what a clock is off by is mostly the measurement. */
export function isInStep(offsetMs: number): boolean {
  return Math.abs(offsetMs) < inStepMs;
}

/** How the guest's clock stands to this machine's: "in step", "1.2 s behind", "3 min 4 s ahead". */
export function clockOffsetText(offsetMs: number): string {
  if (isInStep(offsetMs)) return l10n.t('in step');
  const size = Math.abs(offsetMs);
  const amount =
    size < 60_000 ? l10n.t('{0} s', (size / 1000).toFixed(1)) : durationText(Math.round(size / 1000) * 1000);
  return offsetMs < 0 ? l10n.t('{0} behind', amount) : l10n.t('{0} ahead', amount);
}
