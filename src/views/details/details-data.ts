import type { PlainText } from '../../base/text.ts';

/**
 * What the details panel is sent, as plain data: every text ready to be shown, times in milliseconds since the Unix epoch
 * for the panel to write in the reader's time zone. Texts of a guest are cleaned, and still only text.
 */
export interface DetailsData {
  readonly sandboxId: string;
  readonly name: PlainText;
  readonly state: State;
  /** Said above everything else; empty when there is nothing to say. */
  readonly notice: PlainText;
  readonly facts: readonly Fact[];
  /** What the charts and the timeline cover. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly charts: readonly ChartData[];
  /** `null` where the guest does not tell. */
  readonly boot: BootData | null;
  /** Oldest first. */
  readonly timeline: readonly Period[];
  readonly words: Readonly<Record<Word, PlainText>>;
}

/** How a state looks: {@link looks}. The word always goes with it. */
export interface State {
  readonly look: Look;
  readonly word: PlainText;
}

export const looks = ['good', 'busy', 'warning', 'bad', 'unknown'] as const;

/** One of {@link looks}. */
export type Look = (typeof looks)[number];

export interface Fact {
  readonly label: PlainText;
  readonly value: PlainText;
}

export interface ChartData {
  readonly id: string;
  readonly title: PlainText;
  /** The chart in words. */
  readonly summary: PlainText;
  /** Turns a value into text: `{0}` is the value. */
  readonly unit: PlainText;
  readonly fractionDigits: number;
  /** Highest value of the scale at least. */
  readonly scaleTo: number;
  readonly points: readonly Point[];
}

/** `value` is `null` where nothing was measured for long. */
export interface Point {
  readonly atMs: number;
  readonly value: number | null;
}

export interface BootData {
  /** All stages in words. */
  readonly summary: PlainText;
  readonly stages: readonly BootStage[];
}

export interface BootStage {
  readonly label: PlainText;
  readonly text: PlainText;
  readonly durationMs: number;
}

/** A state with its duration; the last one lasts, which is said in place of how long. */
export interface Period {
  readonly state: State;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lasted: PlainText;
}

export const wordNames = [
  'boot',
  'charts',
  'facts',
  'lasted',
  'showValues',
  'since',
  'stage',
  'state',
  'time',
  'timeline',
  'value',
] as const;

/** The panel's own words, in the reader's language. */
export type Word = (typeof wordNames)[number];

/** What the panel says: its script runs and can take data. */
export interface ReadyMessage {
  readonly kind: 'ready';
}

export function isReadyMessage(message: unknown): message is ReadyMessage {
  return isObject(message) && message['kind'] === 'ready';
}

/** What the panel keeps for the time when the window is loaded again. */
export interface PanelState {
  readonly sandboxId: string;
  readonly name: string;
}

export function isPanelState(state: unknown): state is PanelState {
  return isObject(state) && hasTexts(state, 'sandboxId', 'name');
}

/** Checks all that the panel relies on. */
export function isDetailsData(value: unknown): value is DetailsData {
  return (
    isObject(value) &&
    hasTexts(value, 'sandboxId', 'name', 'notice') &&
    hasNumbers(value, 'fromMs', 'toMs') &&
    isState(value['state']) &&
    isListOf(value['facts'], (fact) => hasTexts(fact, 'label', 'value')) &&
    isListOf(value['charts'], isChart) &&
    (value['boot'] === null || isBoot(value['boot'])) &&
    isListOf(value['timeline'], isPeriod) &&
    isObject(value['words']) &&
    hasTexts(value['words'], ...wordNames)
  );
}

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;

const isListOf = (value: unknown, isItem: (item: Loose) => boolean): boolean =>
  Array.isArray(value) && value.every((item: unknown) => isObject(item) && isItem(item));

const hasTexts = (value: Loose, ...keys: readonly string[]): boolean =>
  keys.every((key) => typeof value[key] === 'string');

const hasNumbers = (value: Loose, ...keys: readonly string[]): boolean =>
  keys.every((key) => Number.isFinite(value[key]));

const isState = (value: unknown): boolean =>
  isObject(value) && hasTexts(value, 'word') && looks.some((look) => look === value['look']);

const isChart = (chart: Loose): boolean =>
  hasTexts(chart, 'id', 'title', 'summary', 'unit') &&
  hasNumbers(chart, 'fractionDigits', 'scaleTo') &&
  isListOf(
    chart['points'],
    (point) => hasNumbers(point, 'atMs') && (point['value'] === null || hasNumbers(point, 'value')),
  );

const isBoot = (boot: unknown): boolean =>
  isObject(boot) &&
  hasTexts(boot, 'summary') &&
  isListOf(boot['stages'], (stage) => hasTexts(stage, 'label', 'text') && hasNumbers(stage, 'durationMs'));

const isPeriod = (period: Loose): boolean =>
  hasTexts(period, 'lasted') && hasNumbers(period, 'fromMs', 'toMs') && isState(period['state']);
