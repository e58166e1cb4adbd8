import { looks, wordNames, type DetailsData } from './details-data.ts';
import { hasTexts, isActionName, isObject, type Loose } from './details-messages.ts';

/** Checks all that the panel relies on. */
export function isDetailsData(value: unknown): value is DetailsData {
  return (
    isObject(value) &&
    hasTexts(value, 'sandboxId', 'name', 'reason', 'notice') &&
    hasNumbers(value, 'fromMs', 'toMs') &&
    isState(value['state']) &&
    isListOf(value['actions'], (action) => hasTexts(action, 'label') && isActionName(action['name'])) &&
    isSection(value['services'], isService) &&
    isSection(value['containers'], isContainer) &&
    isListOf(value['facts'], (fact) => hasTexts(fact, 'label', 'value')) &&
    isListOf(value['charts'], isChart) &&
    (value['boot'] === null || isBoot(value['boot'])) &&
    isListOf(value['timeline'], isPeriod) &&
    isObject(value['words']) &&
    hasTexts(value['words'], ...wordNames)
  );
}

const isListOf = (value: unknown, isItem: (item: Loose) => boolean): boolean =>
  Array.isArray(value) && value.every((item: unknown) => isObject(item) && isItem(item));

const hasNumbers = (value: Loose, ...keys: readonly string[]): boolean =>
  keys.every((key) => Number.isFinite(value[key]));

const isState = (value: unknown): boolean =>
  isObject(value) && hasTexts(value, 'word') && looks.some((look) => look === value['look']);

const isSection = (section: unknown, isItem: (item: Loose) => boolean): boolean =>
  isObject(section) && hasTexts(section, 'remark') && isListOf(section['items'], isItem);

const isService = (service: Loose): boolean =>
  hasTexts(service, 'name', 'detail') && isState(service['state']);

const isContainer = (container: Loose): boolean =>
  hasTexts(container, 'name', 'about') &&
  (container['state'] === null || isState(container['state'])) &&
  Array.isArray(container['ports']) &&
  container['ports'].every((port) => typeof port === 'string');

const isChart = (chart: Loose): boolean =>
  hasTexts(chart, 'id', 'title', 'summary', 'unit') &&
  hasNumbers(chart, 'fractionDigits', 'top') &&
  isListOf(
    chart['points'],
    (point) => hasNumbers(point, 'atMs') && (point['value'] === null || hasNumbers(point, 'value')),
  );

const isBoot = (boot: unknown): boolean =>
  isObject(boot) &&
  hasTexts(boot, 'summary') &&
  isListOf(boot['stages'], (stage) => hasTexts(stage, 'label', 'text') && hasNumbers(stage, 'durationMs'));

const isPeriod = (period: Loose): boolean =>
  hasTexts(period, 'reason', 'lasted') && hasNumbers(period, 'fromMs', 'toMs') && isState(period['state']);
