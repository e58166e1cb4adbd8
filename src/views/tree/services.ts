import * as l10n from '../../base/l10n.ts';
import { joined, type PlainText } from '../../base/text.ts';
import type { ServiceStatus } from '../../agent/facts.ts';
import { unreadyServices } from '../../sandboxes/model/readiness.ts';
import { serviceAppearance } from '../appearance.ts';
import { staleColor } from '../icon.ts';
import { groupBranch, type GroupMaker, type GroupPlace } from './group.ts';
import type { IdFactory } from './id-factory.ts';
import { fromParts } from './memo.ts';
import { emptyMessage, messageRow, waitingMessage } from './messages.ts';
import { leaf, noText, type Branch } from './row.ts';

/** The group of a sandbox's services; `undefined` for agents that have none. */
export function servicesGroup(place: GroupPlace): GroupMaker {
  const { sandboxId } = place;
  return fromParts(
    ({ runtime, capabilities, isStale }) => ({
      status: runtime?.value,
      isTold: capabilities.has('runtime_status'),
      isStale,
    }),
    ({ status, isTold, isStale }) => {
      if (status === undefined && !isTold) return undefined;
      const group = {
        ...place,
        group: 'services',
        label: l10n.t('Services'),
        icon: { id: 'server-process' },
      } as const;
      if (status === undefined) {
        const children = (ids: IdFactory): Branch[] => [
          messageRow(sandboxId, ids, waitingMessage({ isStale })),
        ];
        return groupBranch({ ...group, description: noText, children });
      }
      const { services, detail } = status;
      const readyCount = services.length - unreadyServices(status).length;
      return groupBranch({
        ...group,
        description: services.length === 0 ? noText : l10n.t('{0} of {1} ready', readyCount, services.length),
        children: (ids) =>
          services.length === 0
            ? [messageRow(sandboxId, ids, emptyMessage(l10n.t('The agent reports no services'), detail))]
            : services.map((service) => serviceRow(sandboxId, isStale, service, ids)),
      });
    },
  );
}

function serviceRow(
  sandboxId: string,
  isStale: boolean,
  service: ServiceStatus<PlainText>,
  ids: IdFactory,
): Branch {
  const { word, icon } = serviceAppearance(service.status);
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
      description: joined(parts, ' · '),
      tooltip: joined([name, ...parts], '\n'),
      icon: isStale
        ? { id: icon.id === 'loading~spin' ? 'circle-outline' : icon.id, color: staleColor }
        : icon,
      spoken: joined([name, l10n.t('service'), ...parts], ', '),
    },
  );
}
