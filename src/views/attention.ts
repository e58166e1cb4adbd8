import * as l10n from '../base/l10n.ts';
import { joined, type PlainText } from '../base/text.ts';
import { clockToleranceMs } from '../sandboxes/model/clock-tolerance.ts';
import { connectionError } from '../sandboxes/model/connection.ts';
import { shortfallOf } from '../sandboxes/model/readiness.ts';
import { mayAnswer, type SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { readinessAppearance, sandboxAppearance } from './appearance.ts';
import { staleColor, type Icon } from './icon.ts';
import { roughDurationText, timeText } from './quantities.ts';
import { shortFailure, shortfallText } from './reasons.ts';

/** How much a sandbox asks for: `error` when it cannot be reached, `warning` when something about it is not right. */
export type AttentionLevel = 'none' | 'warning' | 'error';

/** What somebody should know of a sandbox before anything else. */
export interface Attention {
  readonly level: AttentionLevel;
  /** Why, in a few words; empty when there is nothing to say. It may say something that asks for nothing. */
  readonly reason: PlainText;
}

/** What {@link attentionOf} reads. */
export type AttentionParts = Pick<
  SandboxSnapshot,
  | 'readiness'
  | 'connection'
  | 'runtime'
  | 'clockOffsetMs'
  | 'discovered'
  | 'source'
  | 'endpoint'
  | 'history'
  | 'isStale'
>;

/** What a sandbox needs somebody for, and why. A sandbox that nobody wants connected, or that was stopped, asks for nothing. */
export function attentionOf(parts: AttentionParts): Attention {
  const { readiness, connection, endpoint } = parts;
  const error = connectionError(connection);
  if (connection.phase !== 'open' && !mayAnswer(parts)) return { level: 'none', reason: joined([], '') };
  if (readiness === 'unreachable' && error !== null) {
    const next =
      connection.phase === 'backoff' || connection.phase === 'failed'
        ? [l10n.t('next try {0}', timeText(connection.retryAtMs))]
        : [];
    return { level: 'error', reason: joined([shortFailure(error, endpoint), ...next], ' · ') };
  }
  const unready = unreadyReason(parts);
  const drift = driftReason(parts);
  const reason = joined([...unready, ...drift], ' · ');
  const isUnready = (readiness === 'degraded' || readiness === 'not_ready') && !wasNeverReady(parts);
  return { level: isUnready || drift.length > 0 ? 'warning' : 'none', reason };
}

/** The icon of a sandbox, which warns of whatever asks for attention, and of nothing else. */
export function sandboxIcon(parts: AttentionParts, { level }: Attention): Icon {
  const { icon } = sandboxAppearance(parts);
  const { readiness } = parts;
  const isUnready = readiness === 'degraded' || readiness === 'not_ready';
  if (level === 'warning') return isUnready ? icon : readinessAppearance('degraded').icon;
  return level === 'none' && isUnready ? { id: icon.id, color: staleColor } : icon;
}

/** The bundled agent runs on machines that have no container stack as well, where nothing is amiss until one was there. */
function wasNeverReady({ source, history }: AttentionParts): boolean {
  return source === 'local' && !history.readiness.some(({ value }) => value === 'ready');
}

function unreadyReason({ readiness, runtime }: AttentionParts): readonly PlainText[] {
  if (runtime === null || (readiness !== 'degraded' && readiness !== 'not_ready' && readiness !== 'starting'))
    return [];
  const text = shortfallText(shortfallOf(runtime.value));
  return text === '' ? [] : [text];
}

/** A clock that is off, where its owner did not want it left alone; in words only while it can still be true. */
function driftReason({
  clockOffsetMs,
  discovered,
  isStale,
  connection,
}: AttentionParts): readonly PlainText[] {
  if (clockOffsetMs === null || isStale || connection.phase !== 'open' || discovered?.isClockFree === true)
    return [];
  const offsetMs = clockOffsetMs.value;
  if (Math.abs(offsetMs) <= clockToleranceMs) return [];
  const amount = roughDurationText(Math.abs(offsetMs));
  return [offsetMs < 0 ? l10n.t('clock {0} behind', amount) : l10n.t('clock {0} ahead', amount)];
}
