import { l10n } from 'vscode';
import { clockToleranceMs } from '../../sandboxes/clock-tolerance.ts';
import type { SandboxSnapshot } from '../../sandboxes/snapshot.ts';
import { staleColor, type Icon } from '../icon.ts';
import { bytesText, clockOffsetText, coarseDurationText } from '../quantities.ts';
import { groupBranch } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { messageRow, waitingMessage } from './messages.ts';
import { factNames, type FactName } from './node.ts';
import { contextTags, leaf, type Branch } from './row.ts';

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
  }
}

/** The fact in words; empty when it is not known. */
function factText(fact: FactName, { system, agent, clockOffsetMs }: SandboxSnapshot): string {
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
  }
}

function loadText({ loadAverage, cpuCount }: { loadAverage: readonly number[]; cpuCount: number }): string {
  if (loadAverage.length === 0) return '';
  const loads = loadAverage.map((load) => load.toFixed(2)).join(' ');
  return cpuCount === 0 ? loads : l10n.t('{0} on {1} CPUs', loads, cpuCount);
}
