import { joined, type PlainText } from '../base/text.ts';
import type { ContainerPorts } from '../sandboxes/model/port-book.ts';
import { shortContainerId } from '../views/container-name.ts';
import { composeText } from '../views/facts.ts';
import type { CommandContext } from './context.ts';

/** Which container of which sandbox. */
export interface ContainerPlace {
  readonly sandboxId: string;
  readonly containerId: PlainText;
}

/** What is told of a container; of one that is gone, nothing but its id. */
export type KnownContainer = Pick<ContainerPorts, 'containerId' | 'facts'>;

/** Finds containers, many of one sandbox by one look at its list. */
export function containerFinder({
  registry,
}: Pick<CommandContext, 'registry'>): (place: ContainerPlace) => KnownContainer {
  const bySandbox = new Map<string, ReadonlyMap<string, ContainerPorts>>();
  return ({ sandboxId, containerId }) => {
    let containers = bySandbox.get(sandboxId);
    if (containers === undefined) {
      const ports = registry.get(sandboxId)?.ports;
      const list = ports?.kind === 'known' ? ports.book.containers : [];
      containers = new Map(list.map((container) => [container.containerId, container]));
      bySandbox.set(sandboxId, containers);
    }
    return containers.get(containerId) ?? { containerId, facts: null };
  };
}

/** What tells a container apart in a list beside its name: image, compose project and service, short id. */
export function containerDetail({ containerId, facts }: KnownContainer): PlainText {
  const told = facts === null ? [] : [facts.image, composeText(facts)];
  return joined(
    [...told, shortContainerId(containerId)].filter((text) => text !== ''),
    ' · ',
  );
}
