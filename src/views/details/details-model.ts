import * as l10n from '../../base/l10n.ts';
import { joined, plain, type PlainText } from '../../base/text.ts';
import { historyMs } from '../../sandboxes/model/history.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../appearance.ts';
import { attentionOf } from '../attention.ts';
import { connectionMessage } from '../tree/messages.ts';
import { fittingActions } from './actions.ts';
import { bootData } from './boot-data.ts';
import { charts } from './chart-data.ts';
import { containers } from './containers-data.ts';
import type { DetailsData, Word } from './details-data.ts';
import { facts } from './facts-data.ts';
import { readinessLook } from './looks.ts';
import { services } from './services-data.ts';
import { timeline } from './timeline-data.ts';

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
    state: { look: readinessLook(readiness), word: sandboxAppearance(snapshot).word },
    reason: attentionOf(snapshot).reason,
    actions: fittingActions(snapshot),
    notice: joined(
      [problem?.label, problem?.description].flatMap((text) => text ?? []),
      ': ',
    ),
    services: services(snapshot),
    containers: containers(snapshot),
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
    reason: plain``,
    actions: [],
    notice: l10n.t('This sandbox is gone.'),
    services: { remark: plain``, items: [] },
    containers: { remark: plain``, items: [] },
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

function words(): Readonly<Record<Word, PlainText>> {
  return {
    actions: l10n.t('Actions'),
    boot: l10n.t('Boot'),
    charts: l10n.t('Measurements'),
    containers: l10n.t('Containers and ports'),
    facts: l10n.t('Facts'),
    lasted: l10n.t('Lasted'),
    reason: l10n.t('Reason'),
    services: l10n.t('Services'),
    showValues: l10n.t('Values as a table'),
    since: l10n.t('Since'),
    stage: l10n.t('Stage'),
    state: l10n.t('State'),
    time: l10n.t('Time'),
    timeline: l10n.t('Readiness over time'),
    value: l10n.t('Value'),
  };
}
