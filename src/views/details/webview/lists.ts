import type { ContainerData, DetailsData } from '../details-data.ts';
import { element } from './dom.ts';
import { stateLabel } from './timeline.ts';

/** The services, each with its state and what the guest says of it. */
export function servicesParts({ services: { remark, items }, words }: DetailsData): readonly Node[] {
  const rows = items.map(({ name, state, detail }) =>
    item(element('strong', {}, name), stateLabel(state), ...muted(detail)),
  );
  return listParts(words.services, remark, rows);
}

/** The containers, each with its state, what it is made of and where it is reached. */
export function containersParts({ containers: { remark, items }, words }: DetailsData): readonly Node[] {
  return listParts(words.containers, remark, items.map(containerItem));
}

function containerItem({ name, state, about, ports }: ContainerData): HTMLElement {
  const list = element('ul', { class: 'ports' }, ...ports.map((port) => element('li', {}, port)));
  return item(
    element('strong', {}, name),
    ...(state === null ? [] : [stateLabel(state)]),
    ...muted(about),
    ...(ports.length === 0 ? [] : [list]),
  );
}

function listParts(heading: string, remark: string, rows: readonly HTMLElement[]): readonly Node[] {
  if (rows.length === 0 && remark === '') return [];
  return [
    element('h2', {}, heading),
    ...(remark === '' ? [] : [element('p', { class: 'summary' }, remark)]),
    ...(rows.length === 0 ? [] : [element('ul', { class: 'items' }, ...rows)]),
  ];
}

function item(...parts: readonly Node[]): HTMLElement {
  return element('li', {}, ...parts);
}

function muted(text: string): readonly HTMLElement[] {
  return text === '' ? [] : [element('span', { class: 'muted' }, text)];
}
