import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import type { Endpoint } from '../../agent/endpoint.ts';
import type { ReadinessChange } from '../../sandboxes/model/history.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { readinessAppearance, sandboxAppearance } from '../appearance.ts';
import { durationText } from '../quantities.ts';
import { shortFailure, shortfallText } from '../reasons.ts';
import { readinessLook } from './looks.ts';
import type { Period } from './details-data.ts';

/** Between two connections readiness is not known for a moment, which is not worth a line. */
const shortestUnknownMs = 1000;

/** How ready the sandbox was, oldest first, up to Unix time `nowMs`. */
export function timeline(snapshot: SandboxSnapshot, nowMs: number): readonly Period[] {
  const changes = worthTelling(snapshot.history.readiness);
  return changes.map((change, index) => {
    const next = changes[index + 1];
    const toMs = next?.atMs ?? nowMs;
    const lasted = next === undefined ? l10n.t('ongoing') : durationText(toMs - change.atMs);
    const { word } = next === undefined ? sandboxAppearance(snapshot) : readinessAppearance(change.value);
    const state = { look: readinessLook(change.value), word };
    return { state, reason: reasonOf(change, snapshot.endpoint), fromMs: change.atMs, toMs, lasted };
  });
}

/** The changes without moments of nothing known, and without those that then change nothing. */
function worthTelling(changes: readonly ReadinessChange[]): readonly ReadinessChange[] {
  const told: ReadinessChange[] = [];
  for (const [index, change] of changes.entries()) {
    const next = changes[index + 1];
    const isMoment = next !== undefined && next.atMs - change.atMs < shortestUnknownMs;
    if (change.value === 'unknown' && isMoment) continue;
    if (told.at(-1)?.value !== change.value) told.push(change);
  }
  return told;
}

function reasonOf({ error, shortfall }: ReadinessChange, endpoint: Endpoint): PlainText {
  if (error !== null) return shortFailure(error, endpoint);
  return shortfall === null ? joined([], '') : shortfallText(shortfall);
}
