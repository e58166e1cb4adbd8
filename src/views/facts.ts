import * as l10n from '../base/l10n.ts';
import { joined, type PlainText } from '../base/text.ts';
import type { AgentIdentity, BootTiming, ContainerFacts, SystemFacts } from '../agent/facts.ts';
import type { Protocol } from '../agent/endpoint.ts';
import { unreadyServices } from '../sandboxes/model/readiness.ts';
import type { Dated, GuestActivity, SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import { clockOffsetText, coarseDurationText, fixedText, roundTripText, timeText } from './quantities.ts';
import { noText } from './tree/row.ts';

/** Names one after the other; those that were not told are left out. */
export function namesText(...names: readonly (PlainText | undefined)[]): PlainText {
  return joined(
    names.flatMap((name) => (name === undefined || name === '' ? [] : [name])),
    ' ',
  );
}

/** Who answers: version, and the number its protocol goes by. */
export function agentText({ version, generation }: AgentIdentity<PlainText>, protocol: Protocol): PlainText {
  if (generation === undefined) return version;
  const number = isArcBox(protocol)
    ? l10n.t('protocol version {0}', generation)
    : l10n.t('generation {0}', generation);
  return version === '' ? number : joined([version, number], ', ');
}

/** What the number of the protocol is called in its family. */
export function generationLabel(protocol: Protocol): PlainText {
  return isArcBox(protocol) ? l10n.t('Protocol version') : l10n.t('Protocol generation');
}

function isArcBox(protocol: Protocol): boolean {
  return protocol.startsWith('arcbox');
}

/** How the guest's clock stands. `isFree` is true when its owner wants it left alone. */
export function clockText(offsetMs: number, isFree: boolean): PlainText {
  const offset = clockOffsetText(offsetMs);
  return isFree ? joined([offset, l10n.t('left alone, as its owner wants')], ' · ') : offset;
}

/**
 * How long the guest has been up; empty when it is not told. An age is right only while polls bring it up to date: one that
 * `isFrozen` says when it was so.
 */
export function uptimeText(
  { value: { uptime }, atMs }: Dated<Pick<SystemFacts, 'uptime'>>,
  isFrozen: boolean,
): PlainText {
  if (uptime <= 0n) return noText;
  return asOf(coarseDurationText(Number(uptime) * 1000), atMs, isFrozen);
}

/** How the guest is used; frozen as in {@link uptimeText}. */
export function activityText({ value, atMs }: Dated<GuestActivity>, isFrozen: boolean): PlainText {
  const { idleMs, activeSessions } = value;
  const parts = [
    activeSessions === null || activeSessions === 0 ? [] : [l10n.t('{0} in use', activeSessions)],
    idleMs === null ? [] : [l10n.t('idle for {0}', coarseDurationText(idleMs))],
  ].flat();
  return parts.length === 0 ? noText : asOf(joined(parts, ' · '), atMs, isFrozen);
}

function asOf(text: PlainText, atMs: number, isFrozen: boolean): PlainText {
  return isFrozen ? l10n.t('{0} at {1}', text, timeText(atMs)) : text;
}

/** How long the boot took, and its parts. */
export function bootText({ bootTimeNanos, initTimeNanos, readyTimeNanos }: BootTiming): PlainText {
  const seconds = (nanos: bigint): PlainText => fixedText(Number(nanos) / 1e9, 2);
  return l10n.t(
    'ready after {0} s: kernel {1} s, init {2} s',
    seconds(readyTimeNanos),
    seconds(bootTimeNanos),
    seconds(initTimeNanos),
  );
}

/** The load over 1, 5 and 15 minutes; empty when it is not told. */
export function loadText({
  loadAverage,
  cpuCount,
}: Pick<SystemFacts, 'loadAverage' | 'cpuCount'>): PlainText {
  if (loadAverage.length === 0) return noText;
  const loads = joined(
    loadAverage.map((load) => fixedText(load, 2)),
    ' ',
  );
  return cpuCount === 0 ? loads : l10n.t('{0} on {1} CPUs', loads, cpuCount);
}

/**
 * What is known of how a sandbox is, line by line: the latest round trip, services, clock, uptime. It is read at any time
 * after it was written, so it tells moments and no ages. `nowMs` is Unix time.
 */
export function factLines(snapshot: SandboxSnapshot, nowMs: number): readonly PlainText[] {
  const { roundTripMs, runtime, clockOffsetMs, system, isStale, discovered } = snapshot;
  const lines: PlainText[] = [];
  if (isStale) lines.push(l10n.t('What follows was learnt before the connection was lost.'));
  if (roundTripMs !== null) {
    const at = timeText(roundTripMs.atMs, nowMs);
    lines.push(l10n.t('Last answer: {0}, after {1}', at, roundTripText(roundTripMs.value)));
  }
  if (runtime !== null && runtime.value.services.length > 0) {
    const count = runtime.value.services.length;
    lines.push(l10n.t('Services: {0} of {1} ready', count - unreadyServices(runtime.value).length, count));
  }
  if (clockOffsetMs !== null)
    lines.push(l10n.t('Clock: {0}', clockText(clockOffsetMs.value, discovered?.isClockFree === true)));
  if (system !== null && system.value.uptime > 0n)
    lines.push(l10n.t('Up since {0}', timeText(system.atMs - Number(system.value.uptime) * 1000, nowMs)));
  return lines;
}

/** Where a container belongs: its compose project and service; empty where it has none. */
export function composeText({
  composeProject,
  composeService,
}: Pick<ContainerFacts<PlainText>, 'composeProject' | 'composeService'>): PlainText {
  if (composeProject === '') return noText;
  return composeService === ''
    ? l10n.t('Compose project: {0}', composeProject)
    : l10n.t('Compose: {0}, service {1}', composeProject, composeService);
}
