import * as l10n from '../base/l10n.ts';
import { unreadyServices } from '../sandboxes/model/readiness.ts';
import type { ReadinessWord, SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { inert } from './plain-text.ts';
import { clockOffsetText, coarseDurationText, durationText, roundTripText } from './quantities.ts';
import { sandboxLook } from './readiness-look.ts';

/** Everything the status item shows, as plain data. */
export interface StatusText {
  /** Icon and words. */
  readonly text: string;
  /** Lines of plain text. */
  readonly tooltip: string;
  readonly background: 'none' | 'warning' | 'error';
  readonly spoken: string;
  /** The sandbox it speaks of; `undefined` when there is none. */
  readonly sandboxId: string | undefined;
}

/** How much each state asks for attention, most first. */
const urgency: readonly ReadinessWord[] = [
  'unreachable',
  'not_ready',
  'degraded',
  'starting',
  'unknown',
  'ready',
];

/**
 * What the one status item says: the worst sandbox, and how many share its state. `place` says which machine they are seen
 * from; `nowMs` is Unix time.
 */
export function statusText(snapshots: readonly SandboxSnapshot[], place: string, nowMs: number): StatusText {
  const worst = worstSandbox(snapshots);
  if (worst === undefined) {
    const text = l10n.t('Sandlight: no sandbox');
    return { text: `$(vm) ${text}`, tooltip: text, background: 'none', spoken: text, sandboxId: undefined };
  }
  const { word, icon } = sandboxLook(worst);
  const alike = snapshots.filter((snapshot) => sandboxLook(snapshot).word === word).length;
  const said =
    snapshots.length === 1
      ? l10n.t('{0}: {1}', worst.name, word)
      : alike === snapshots.length
        ? l10n.t('{0} sandboxes: {1}', alike, word)
        : l10n.t('{0}: {1} ({2} of {3})', worst.name, word, alike, snapshots.length);
  return {
    text: `$(${icon.id}) ${inert(said)}`,
    tooltip: [
      ...snapshots.map((snapshot) => sandboxLines(snapshot, nowMs).join('\n')),
      l10n.t('Seen from {0}', place),
    ].join('\n\n'),
    background: backgroundOf(worst.readiness),
    spoken: l10n.t('Sandlight, {0}', said),
    sandboxId: worst.id,
  };
}

/** The sandbox that asks for attention most; one that nobody wants connected only when there is no other. */
export function worstSandbox(snapshots: readonly SandboxSnapshot[]): SandboxSnapshot | undefined {
  const wanted = snapshots.filter(({ connection }) => connection.phase !== 'idle');
  const rank = ({ readiness }: SandboxSnapshot): number => urgency.indexOf(readiness);
  return [...(wanted.length === 0 ? snapshots : wanted)].sort((a, b) => rank(a) - rank(b))[0];
}

function backgroundOf(readiness: ReadinessWord): StatusText['background'] {
  if (readiness === 'unreachable') return 'error';
  return readiness === 'degraded' || readiness === 'not_ready' ? 'warning' : 'none';
}

function sandboxLines(snapshot: SandboxSnapshot, nowMs: number): readonly string[] {
  const { name, roundTripMs, runtime, clockOffsetMs, system, isStale } = snapshot;
  const lines = [l10n.t('{0}: {1}', name, sandboxLook(snapshot).word)];
  if (isStale) lines.push(l10n.t('What follows was learnt before the connection was lost.'));
  if (roundTripMs !== null) {
    const age = durationText(nowMs - roundTripMs.atMs);
    lines.push(l10n.t('Last answer: {0} ago, after {1}', age, roundTripText(roundTripMs.value)));
  }
  if (runtime !== null && runtime.value.services.length > 0) {
    const count = runtime.value.services.length;
    lines.push(l10n.t('Services: {0} of {1} ready', count - unreadyServices(runtime.value).length, count));
  }
  if (clockOffsetMs !== null) lines.push(l10n.t('Clock: {0}', clockOffsetText(clockOffsetMs.value)));
  if (system !== null && system.value.uptime > 0n)
    lines.push(l10n.t('Up for {0}', coarseDurationText(Number(system.value.uptime) * 1000)));
  return lines;
}
