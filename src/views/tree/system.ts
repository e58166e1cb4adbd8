import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { clockToleranceMs } from '../../sandboxes/model/clock-tolerance.ts';
import { activityText, agentText, bootText, clockText, loadText, namesText, uptimeText } from '../facts.ts';
import { staleColor, type Icon } from '../icon.ts';
import { bytesText } from '../quantities.ts';
import { groupBranch, groupId, type GroupMaker, type GroupPlace } from './group.ts';
import { idsBelow } from './id-factory.ts';
import { fromParts } from './memo.ts';
import { messageRow, waitingMessage } from './messages.ts';
import { factNames, type FactName } from './node.ts';
import { contextTags, leaf, noText, type Branch } from './row.ts';

const icons: Readonly<Record<FactName, string>> = {
  init: 'server-environment',
  memory: 'circuit-board',
  load: 'dashboard',
  uptime: 'history',
  addresses: 'globe',
  kernel: 'terminal-linux',
  os: 'vm',
  host: 'server',
  agent: 'versions',
  clock: 'watch',
  boot: 'rocket',
  activity: 'coffee',
};

type SystemParts = Pick<
  SandboxSnapshot,
  'endpoint' | 'system' | 'agent' | 'boot' | 'activity' | 'isStale' | 'pollError'
> & {
  readonly clockOffsetMs: number | undefined;
  readonly isClockFree: boolean;
  readonly canSyncClock: boolean;
  readonly isTold: boolean;
};

/** The group of facts about the guest itself; a fact that is not known has no row. */
export function systemGroup(place: GroupPlace): GroupMaker {
  // Every poll brings other facts, and few of them read differently.
  const rows = new Map(factNames.map((fact) => [fact, factRowMaker(place, fact)]));
  return fromParts(systemParts, (parts) => systemBranch(place, parts, rows));
}

function systemParts(snapshot: SandboxSnapshot): SystemParts {
  const { endpoint, system, agent, boot, activity, isStale, pollError, capabilities } = snapshot;
  return {
    ...{ endpoint, system, agent, boot, activity, isStale, pollError },
    clockOffsetMs: snapshot.clockOffsetMs?.value,
    isClockFree: snapshot.discovered?.isClockFree === true,
    canSyncClock: capabilities.has('sync_clock'),
    isTold: capabilities.has('system_info'),
  };
}

function systemBranch(
  place: GroupPlace,
  parts: SystemParts,
  rowMakers: ReadonlyMap<FactName, (parts: FactParts) => Branch>,
): Branch {
  const { sandboxId } = place;
  const { system, isTold } = parts;
  return groupBranch({
    ...place,
    group: 'system',
    label: l10n.t('System'),
    description: system?.value.distroInitPending === true ? l10n.t('guest still initialising') : noText,
    icon: { id: 'pulse' },
    collapsed: true,
    children: (ids) => {
      const rows = [...rowMakers].flatMap(([fact, rowOf]) => {
        const text = factText(fact, parts);
        return text === '' ? [] : [rowOf(factParts(fact, text, parts))];
      });
      const isWaiting = system === null && isTold;
      return isWaiting ? [messageRow(sandboxId, ids, waitingMessage(parts)), ...rows] : rows;
    },
  });
}

/** All that the row of one fact depends on. */
interface FactParts {
  readonly text: PlainText;
  readonly isStale: boolean;
  /** True for a clock that is off and should not be. */
  readonly isOff: boolean;
  readonly canSyncClock: boolean;
}

function factParts(
  fact: FactName,
  text: PlainText,
  { isStale, clockOffsetMs = 0, isClockFree, canSyncClock }: SystemParts,
): FactParts {
  const isClock = fact === 'clock';
  const isOff = isClock && !isClockFree && Math.abs(clockOffsetMs) > clockToleranceMs;
  return { text, isStale, isOff, canSyncClock: isClock && canSyncClock };
}

/** Makes the row of one fact, the same object as before when it reads as before. */
function factRowMaker(place: GroupPlace, fact: FactName): (parts: FactParts) => Branch {
  const { sandboxId } = place;
  const label = factLabel(fact);
  const id = idsBelow(groupId(place, 'system'))('fact', fact);
  return fromParts(
    (parts) => parts,
    ({ text, isStale, isOff, canSyncClock }): Branch => {
      const remark = isStale ? [l10n.t('earlier data')] : [];
      return leaf(
        { kind: 'fact', id, sandboxId, fact },
        {
          label,
          description: joined([text, ...remark], ' · '),
          icon: factIcon(fact, isStale, isOff),
          contextValue: contextTags('fact', { [fact]: true, canSyncClock }),
          spoken: joined([label, text, ...remark], ', '),
          copy: text,
        },
      );
    },
  );
}

function factIcon(fact: FactName, isStale: boolean, isOff: boolean): Icon {
  if (isStale) return { id: icons[fact], color: staleColor };
  return isOff ? { id: 'warning', color: 'list.warningForeground' } : { id: icons[fact] };
}

function factLabel(fact: FactName): PlainText {
  switch (fact) {
    case 'init':
      return l10n.t('Start');
    case 'memory':
      return l10n.t('Memory');
    case 'load':
      return l10n.t('Load');
    case 'uptime':
      return l10n.t('Uptime');
    case 'addresses':
      return l10n.t('Addresses');
    case 'kernel':
      return l10n.t('Kernel');
    case 'os':
      return l10n.t('Operating system');
    case 'host':
      return l10n.t('Host name');
    case 'agent':
      return l10n.t('Agent');
    case 'clock':
      return l10n.t('Clock');
    case 'boot':
      return l10n.t('Boot');
    case 'activity':
      return l10n.t('Activity');
  }
}

/** The fact in words; empty when it is not known. */
function factText(fact: FactName, parts: SystemParts): PlainText {
  const { system, agent, clockOffsetMs, isClockFree, boot, activity, endpoint } = parts;
  const info = system?.value;
  switch (fact) {
    case 'init':
      return info?.distroInitPending === true ? l10n.t('guest still initialising') : noText;
    case 'memory':
      return info === undefined || info.totalMemory === 0n
        ? noText
        : l10n.t('{0} free of {1}', bytesText(info.availableMemory), bytesText(info.totalMemory));
    case 'load':
      return info === undefined ? noText : loadText(info);
    case 'uptime':
      return system === null ? noText : uptimeText(system, isFrozen(parts));
    case 'addresses':
      return info === undefined ? noText : joined(info.ipAddresses, ', ');
    case 'kernel':
      return namesText(info?.kernelVersion, info?.arch);
    case 'os':
      return namesText(info?.osName, info?.osVersion);
    case 'host':
      return info?.hostname ?? noText;
    case 'agent':
      return agent === null ? noText : agentText(agent, endpoint.protocol);
    case 'clock':
      return clockOffsetMs === undefined ? noText : clockText(clockOffsetMs, isClockFree);
    case 'boot':
      return boot === null ? noText : bootText(boot);
    case 'activity':
      return activity === null ? noText : activityText(activity, isFrozen(parts));
  }
}

/** True when no poll brings what is shown up to date. */
function isFrozen({ isStale, pollError }: SystemParts): boolean {
  return isStale || pollError !== null;
}
