import * as l10n from '../../base/l10n.ts';
import { clockToleranceMs } from '../../sandboxes/model/clock-tolerance.ts';
import type { GuestActivity, SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { staleColor, type Icon } from '../icon.ts';
import { bytesText, clockOffsetText, coarseDurationText } from '../quantities.ts';
import { groupBranch } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { messageRow, waitingMessage } from './messages.ts';
import { factNames, type FactName } from './node.ts';
import { contextTags, leaf, type Branch } from './row.ts';

type BootTiming = NonNullable<SandboxSnapshot['boot']>;

const icons: Readonly<Record<FactName, string>> = {
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

/** The group of facts about the guest itself; a fact that is not known has no row. */
export function systemBranch(snapshot: SandboxSnapshot, ids: IdFactory): Branch {
  const { id: sandboxId, system, capabilities } = snapshot;
  return groupBranch(ids, {
    sandboxId,
    group: 'system',
    label: l10n.t('System'),
    description: '',
    icon: { id: 'pulse' },
    collapsed: true,
    children: (below) => {
      const rows = factNames.flatMap((fact) => {
        const text = factText(fact, snapshot);
        return text === '' ? [] : [factRow(snapshot, fact, text, below)];
      });
      const isWaiting = system === null && capabilities.has('system_info');
      return isWaiting ? [messageRow(sandboxId, below, waitingMessage()), ...rows] : rows;
    },
  });
}

function factRow(snapshot: SandboxSnapshot, fact: FactName, text: string, ids: IdFactory): Branch {
  const { id: sandboxId, isStale, capabilities } = snapshot;
  const label = factLabel(fact);
  const canSyncClock = fact === 'clock' && capabilities.has('sync_clock');
  const remark = isStale ? [l10n.t('earlier data')] : [];
  return leaf(
    { kind: 'fact', id: ids('fact', fact), sandboxId, fact },
    {
      label,
      description: [text, ...remark].join(' · '),
      icon: factIcon(snapshot, fact),
      contextValue: contextTags('fact', { [fact]: true, canSyncClock }),
      spoken: [label, text, ...remark].join(', '),
    },
  );
}

function factIcon({ isStale, clockOffsetMs }: SandboxSnapshot, fact: FactName): Icon {
  if (isStale) return { id: icons[fact], color: staleColor };
  const isOff = fact === 'clock' && Math.abs(clockOffsetMs?.value ?? 0) > clockToleranceMs;
  return isOff ? { id: 'warning', color: 'list.warningForeground' } : { id: icons[fact] };
}

function factLabel(fact: FactName): string {
  switch (fact) {
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
function factText(fact: FactName, snapshot: SandboxSnapshot): string {
  const { system, agent, clockOffsetMs, boot, activity } = snapshot;
  const info = system?.value;
  switch (fact) {
    case 'memory':
      return info === undefined || info.totalMemory === 0n
        ? ''
        : l10n.t('{0} free of {1}', bytesText(info.availableMemory), bytesText(info.totalMemory));
    case 'load':
      return info === undefined ? '' : loadText(info);
    case 'uptime':
      return info === undefined || info.uptime === 0n ? '' : coarseDurationText(Number(info.uptime) * 1000);
    case 'addresses':
      return info?.ipAddresses.join(', ') ?? '';
    case 'kernel':
      return [info?.kernelVersion, info?.arch].filter(Boolean).join(' ');
    case 'os':
      return [info?.osName, info?.osVersion].filter(Boolean).join(' ');
    case 'host':
      return info?.hostname ?? '';
    case 'agent':
      if (agent === null) return '';
      return agent.generation === undefined
        ? agent.version
        : l10n.t('{0}, generation {1}', agent.version, agent.generation);
    case 'clock':
      return clockOffsetMs === null ? '' : clockOffsetText(clockOffsetMs.value);
    case 'boot':
      return boot === null ? '' : bootText(boot);
    case 'activity':
      return activity === null ? '' : activityText(activity.value);
  }
}

function bootText({ bootTimeNanos, initTimeNanos, readyTimeNanos }: BootTiming): string {
  const seconds = (nanos: bigint): string => (Number(nanos) / 1e9).toFixed(2);
  return l10n.t(
    'ready after {0} s: kernel {1} s, init {2} s',
    seconds(readyTimeNanos),
    seconds(bootTimeNanos),
    seconds(initTimeNanos),
  );
}

function activityText({ idleMs, activeSessions }: GuestActivity): string {
  const parts = [
    activeSessions === null || activeSessions === 0 ? [] : [l10n.t('{0} in use', activeSessions)],
    idleMs === null ? [] : [l10n.t('idle for {0}', coarseDurationText(idleMs))],
  ];
  return parts.flat().join(' · ');
}

function loadText({ loadAverage, cpuCount }: { loadAverage: readonly number[]; cpuCount: number }): string {
  if (loadAverage.length === 0) return '';
  const loads = loadAverage.map((load) => load.toFixed(2)).join(' ');
  return cpuCount === 0 ? loads : l10n.t('{0} on {1} CPUs', loads, cpuCount);
}
