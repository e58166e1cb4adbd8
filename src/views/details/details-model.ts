import * as l10n from '../../base/l10n.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import { historyMs } from '../../sandboxes/model/history.ts';
import type { ReadinessWord, SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { clockOffsetText, coarseDurationText, durationText } from '../quantities.ts';
import { readinessLook, sandboxLook } from '../readiness-look.ts';
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
export function detailsData(snapshot: SandboxSnapshot, place: string, nowMs: number): DetailsData {
  const { id, name, readiness, boot } = snapshot;
  const fromMs = Math.min(firstMs(snapshot, nowMs), nowMs - minWindowMs);
  const problem = connectionMessage(snapshot);
  return {
    sandboxId: id,
    name,
    state: { look: looks[readiness], word: sandboxLook(snapshot).word },
    notice: [problem?.label, problem?.description]
      .filter((text) => text !== undefined && text !== '')
      .join(': '),
    facts: facts(snapshot, place),
    fromMs,
    toMs: nowMs,
    charts: charts(snapshot, fromMs),
    boot: boot && bootData(boot),
    timeline: timeline(snapshot, nowMs),
    words: words(),
  };
}

/** What the panel shows of a sandbox that is not there, or not yet. */
export function absentData(sandboxId: string, name: string, nowMs: number): DetailsData {
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

function facts(snapshot: SandboxSnapshot, place: string): readonly Fact[] {
  const { agent, endpoint, clockOffsetMs, system } = snapshot;
  const found: Fact[] = [{ label: l10n.t('Endpoint'), value: formatEndpoint(endpoint) }];
  const add = (label: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') found.push({ label, value });
  };
  add(l10n.t('Seen from'), place);
  add(l10n.t('Agent version'), agent?.version);
  add(l10n.t('Protocol generation'), agent?.generation?.toString());
  add(l10n.t('Clock'), clockOffsetMs === null ? undefined : clockOffsetText(clockOffsetMs.value));
  if (system === null) return found;
  const { hostname, osName, osVersion, kernelVersion, arch, cpuCount, uptime } = system.value;
  add(l10n.t('Host name'), hostname);
  add(l10n.t('System'), [osName, osVersion].join(' ').trim());
  add(l10n.t('Kernel'), [kernelVersion, arch].join(' ').trim());
  add(l10n.t('Processors'), cpuCount > 0 ? String(cpuCount) : undefined);
  add(l10n.t('Uptime'), uptime > 0n ? coarseDurationText(Number(uptime) * 1000) : undefined);
  return found;
}

function timeline(snapshot: SandboxSnapshot, nowMs: number): readonly Period[] {
  const { readiness } = snapshot.history;
  return readiness.map(({ value, atMs }, index) => {
    const next = readiness[index + 1];
    const toMs = next?.atMs ?? nowMs;
    const word = next === undefined ? sandboxLook(snapshot).word : readinessLook(value).word;
    return { state: { look: looks[value], word }, fromMs: atMs, toMs, lasted: durationText(toMs - atMs) };
  });
}

function words(): Readonly<Record<Word, string>> {
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
