import * as l10n from '../../base/l10n.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import { historyMs } from '../../sandboxes/model/history.ts';
import type { ReadinessWord, SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { readinessAppearance, sandboxAppearance } from '../appearance.ts';
import { activityText, clockText, generationLabel, namesText, uptimeText } from '../facts.ts';
import { durationText, timeText } from '../quantities.ts';
import { connectionMessage } from '../tree/messages.ts';
import { bootData } from './boot-data.ts';
import { charts } from './chart-data.ts';
import type { DetailsData, Fact, Look, Period, Word } from './details-data.ts';

const looks: Readonly<Record<ReadinessWord, Look>> = {
  ready: 'good',
  starting: 'busy',
  degraded: 'warning',
  not_ready: 'warning',
  unreachable: 'bad',
  unknown: 'unknown',
};

/** A scale shorter than this makes a few seconds look like a history. */
const minWindowMs = 60_000;

/** What the panel shows of a sandbox at Unix time `nowMs`. `place` says which machine it is seen from. */
export function detailsData(snapshot: SandboxSnapshot, place: PlainText, nowMs: number): DetailsData {
  const { id, name, readiness, boot } = snapshot;
  const fromMs = Math.min(firstMs(snapshot, nowMs), nowMs - minWindowMs);
  const problem = connectionMessage(snapshot);
  return {
    sandboxId: id,
    name,
    state: { look: looks[readiness], word: sandboxAppearance(snapshot).word },
    notice: joined(
      [problem?.label, problem?.description].flatMap((text) => text ?? []),
      ': ',
    ),
    facts: facts(snapshot, place, nowMs),
    fromMs,
    toMs: nowMs,
    charts: charts(snapshot, fromMs),
    boot: boot && bootData(boot),
    timeline: timeline(snapshot, nowMs),
    words: words(),
  };
}

/** What the panel shows of a sandbox that is not there, or not yet. */
export function absentData(sandboxId: string, name: PlainText, nowMs: number): DetailsData {
  return {
    sandboxId,
    name,
    state: { look: 'unknown', word: l10n.t('not there') },
    notice: l10n.t('This sandbox is gone.'),
    facts: [],
    fromMs: nowMs - minWindowMs,
    toMs: nowMs,
    charts: [],
    boot: null,
    timeline: [],
    words: words(),
  };
}

/** When what is shown begins: with the oldest measurement, or the readiness of that time. */
function firstMs({ history }: SandboxSnapshot, nowMs: number): number {
  const starts = [history.roundTripMs, history.load, history.memoryUsed, history.readiness].map(
    ([first]) => first?.atMs ?? nowMs,
  );
  return Math.max(Math.min(...starts), nowMs - historyMs);
}

/** Facts stay on the screen until something changes: what grows with time says when it was so. */
function facts(snapshot: SandboxSnapshot, place: PlainText, nowMs: number): readonly Fact[] {
  const { agent, endpoint, clockOffsetMs, system, activity, connection, discovered } = snapshot;
  const found: Fact[] = [{ label: l10n.t('Endpoint'), value: formatEndpoint(endpoint) }];
  const add = (label: PlainText, value: PlainText | undefined): void => {
    if (value !== undefined && value !== '') found.push({ label, value });
  };
  add(l10n.t('Seen from'), place);
  if (connection.phase === 'backoff' || connection.phase === 'failed')
    add(l10n.t('Next attempt'), timeText(connection.retryAtMs, nowMs));
  add(l10n.t('Agent version'), agent?.version);
  if (agent?.generation !== undefined) add(generationLabel(endpoint.protocol), plain`${agent.generation}`);
  if (clockOffsetMs !== null)
    add(l10n.t('Clock'), clockText(clockOffsetMs.value, discovered?.isClockFree === true));
  if (activity !== null) add(l10n.t('Activity'), activityText(activity, true));
  if (system === null) return found;
  const { hostname, osName, osVersion, kernelVersion, arch, cpuCount, distroInitPending } = system.value;
  if (distroInitPending) add(l10n.t('Start'), l10n.t('guest still initialising'));
  add(l10n.t('Host name'), hostname);
  add(l10n.t('System'), namesText(osName, osVersion));
  add(l10n.t('Kernel'), namesText(kernelVersion, arch));
  if (cpuCount > 0) add(l10n.t('Processors'), plain`${cpuCount}`);
  add(l10n.t('Uptime'), uptimeText(system, true));
  return found;
}

function timeline(snapshot: SandboxSnapshot, nowMs: number): readonly Period[] {
  const { readiness } = snapshot.history;
  return readiness.map(({ value, atMs }, index) => {
    const next = readiness[index + 1];
    const toMs = next?.atMs ?? nowMs;
    const lasted = next === undefined ? l10n.t('ongoing') : durationText(toMs - atMs);
    const word = next === undefined ? sandboxAppearance(snapshot).word : readinessAppearance(value).word;
    return { state: { look: looks[value], word }, fromMs: atMs, toMs, lasted };
  });
}

function words(): Readonly<Record<Word, PlainText>> {
  return {
    boot: l10n.t('Boot'),
    charts: l10n.t('Measurements'),
    facts: l10n.t('Facts'),
    lasted: l10n.t('Lasted'),
    showValues: l10n.t('Values as a table'),
    since: l10n.t('Since'),
    stage: l10n.t('Stage'),
    state: l10n.t('State'),
    time: l10n.t('Time'),
    timeline: l10n.t('Readiness over time'),
    value: l10n.t('Value'),
  };
}
