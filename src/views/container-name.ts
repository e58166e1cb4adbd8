import { compareText } from '../base/compare-text.ts';
import { plainText, type PlainText } from '../base/text.ts';
import type { ContainerPorts } from '../sandboxes/model/port-book.ts';

/** As much of a container's id as people write. */
const shortIdLength = 12;

/** What a container is called: its name, else its short id; empty for the ports that a sandbox itself publishes. */
export function containerName({
  containerId,
  facts,
}: Pick<ContainerPorts, 'containerId' | 'facts'>): PlainText {
  return facts === null || facts.name === '' ? shortContainerId(containerId) : facts.name;
}

/** As much of a container's id as people write. */
export function shortContainerId(containerId: PlainText): PlainText {
  return plainText(containerId.slice(0, shortIdLength), shortIdLength);
}

/** Tells names apart as people order them: "web-2" before "web-10". */
const collator = new Intl.Collator(undefined, { numeric: true });

/** By name; of two with one name, by id. */
export function compareByName(a: ContainerPorts, b: ContainerPorts): number {
  return collator.compare(containerName(a), containerName(b)) || compareText(a.containerId, b.containerId);
}
