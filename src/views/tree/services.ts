import * as l10n from '../../base/l10n.ts';
import { unreadyServices } from '../../sandboxes/model/readiness.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { staleColor } from '../icon.ts';
import { serviceLook } from '../readiness-look.ts';
import { groupBranch } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { emptyMessage, messageRow, waitingMessage } from './messages.ts';
import { leaf, type Branch } from './row.ts';

/** The group of a sandbox's services; `undefined` for agents that have none. */
export function servicesBranch(snapshot: SandboxSnapshot, ids: IdFactory): Branch | undefined {
  const { id: sandboxId, runtime, capabilities } = snapshot;
  if (runtime === null && !capabilities.has('runtime_status')) return undefined;
  const group = {
    sandboxId,
    group: 'services',
    label: l10n.t('Services'),
    icon: { id: 'server-process' },
  } as const;
  if (runtime === null) {
    return groupBranch(ids, {
      ...group,
      description: '',
      children: (below) => [messageRow(sandboxId, below, waitingMessage())],
    });
  }
  const { services, detail } = runtime.value;
  const readyCount = services.length - unreadyServices(runtime.value).length;
  return groupBranch(ids, {
    ...group,
    description: services.length === 0 ? '' : l10n.t('{0} of {1} ready', readyCount, services.length),
    children: (below) =>
      services.length === 0
        ? [messageRow(sandboxId, below, emptyMessage(l10n.t('The agent reports no services'), detail))]
        : services.map((service) => serviceRow(snapshot, service, below)),
  });
}

type Service = NonNullable<SandboxSnapshot['runtime']>['value']['services'][number];

function serviceRow({ id: sandboxId, isStale }: SandboxSnapshot, service: Service, ids: IdFactory): Branch {
  const { word, icon } = serviceLook(service.status);
  const name = service.name === '' ? l10n.t('(no name)') : service.name;
  const parts = [
    word,
    ...(isStale ? [l10n.t('earlier data')] : []),
    ...(service.detail === '' ? [] : [service.detail]),
  ];
  return leaf(
    { kind: 'service', id: ids('service', service.name), sandboxId, name: service.name },
    {
      label: name,
      description: parts.join(' · '),
      tooltip: [name, ...parts].join('\n'),
      icon: isStale
        ? { id: icon.id === 'loading~spin' ? 'circle-outline' : icon.id, color: staleColor }
        : icon,
      spoken: [name, l10n.t('service'), ...parts].join(', '),
    },
  );
}
