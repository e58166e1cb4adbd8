import * as l10n from '../base/l10n.ts';
import { plain, plainText, type PlainText } from '../base/text.ts';

/** A duration in its two largest units, from seconds up to days: "12 s", "3 min 20 s", "2 h 5 min", "4 d 1 h". */
export function durationText(durationMs: number): PlainText {
  const seconds = Math.max(Math.floor(durationMs / 1000), 0);
  if (seconds < 60) return l10n.t('{0} s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min {1} s', minutes, seconds % 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return l10n.t('{0} h {1} min', hours, minutes % 60);
  return l10n.t('{0} d {1} h', Math.floor(hours / 24), hours % 24);
}

/** The same without seconds above a minute, for values that are shown for long and would change all the time. */
export function coarseDurationText(durationMs: number): PlainText {
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes < 1) return l10n.t('less than a minute');
  return minutes < 60 ? l10n.t('{0} min', minutes) : durationText(minutes * 60_000);
}

/** A duration in its largest unit alone, for places with little room: "45 s", "12 min", "8 h", "3 d". */
export function roughDurationText(durationMs: number): PlainText {
  const seconds = Math.max(Math.floor(durationMs / 1000), 0);
  if (seconds < 60) return l10n.t('{0} s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? l10n.t('{0} h', hours) : l10n.t('{0} d', Math.floor(hours / 24));
}

/**
 * A moment, in milliseconds since the Unix epoch, as the clock of this machine shows it: "14:03:22", with its date when that
 * is not the date of `nowMs`. What stays on the screen tells moments, because an age would be wrong by the time it is read.
 */
export function timeText(atMs: number, nowMs = Date.now()): PlainText {
  const at = new Date(atMs);
  // A guest may tell any number.
  if (Number.isNaN(at.getTime())) return l10n.t('unknown');
  const time = plain`${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}`;
  if (dayOf(atMs) === dayOf(nowMs)) return time;
  return plain`${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${time}`;
}

/** Tells days apart, as the clock of this machine has them: what was said of today has to be said anew on another one. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toDateString();
}

function twoDigits(value: number): PlainText {
  return value < 10 ? plain`0${value}` : plain`${value}`;
}

/** A number with this many digits after the point. */
export function fixedText(value: number, fractionDigits: number): PlainText {
  return plainText(value.toFixed(fractionDigits), 40);
}

/** Milliseconds of a round trip, to a tenth below 10 ms: "0.4 ms", "27 ms". */
export function roundTripText(roundTripMs: number): PlainText {
  return l10n.t('{0} ms', roundTripMs < 10 ? fixedText(roundTripMs, 1) : plain`${Math.round(roundTripMs)}`);
}

/** Bytes in MiB or GiB, to a tenth: "512.0 MiB", "7.8 GiB". */
export function bytesText(bytes: bigint): PlainText {
  const mebibytes = Number(bytes) / 2 ** 20;
  return mebibytes < 1024
    ? l10n.t('{0} MiB', fixedText(mebibytes, 1))
    : l10n.t('{0} GiB', fixedText(mebibytes / 1024, 1));
}

/** Below this, in milliseconds, two clocks count as in step: what is left is mostly the measurement. */
const inStepMs = 50;

/** True when what a clock is off by is mostly the measurement. */
export function isInStep(offsetMs: number): boolean {
  return Math.abs(offsetMs) < inStepMs;
}

/** How the guest's clock stands to this machine's: "in step", "1.2 s behind", "3 min 4 s ahead". */
export function clockOffsetText(offsetMs: number): PlainText {
  if (isInStep(offsetMs)) return l10n.t('in step');
  const size = Math.abs(offsetMs);
  const amount =
    size < 60_000 ? l10n.t('{0} s', fixedText(size / 1000, 1)) : durationText(Math.round(size / 1000) * 1000);
  return offsetMs < 0 ? l10n.t('{0} behind', amount) : l10n.t('{0} ahead', amount);
}
