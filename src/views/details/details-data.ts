import type { PlainText } from '../../base/text.ts';
import type { ActionName } from './details-messages.ts';

/**
 * What the details panel is sent, as plain data: every text ready to be shown, times in milliseconds since the Unix epoch
 * for the panel to write in the reader's time zone. Texts of a guest are cleaned, and still only text.
 */
export interface DetailsData {
  readonly sandboxId: string;
  readonly name: PlainText;
  readonly state: State;
  /** Why it is so, in a few words; empty when there is nothing to say. */
  readonly reason: PlainText;
  /** What can be done with the sandbox at present, in the order of the buttons. */
  readonly actions: readonly ActionData[];
  /** Said above everything else; empty when there is nothing to say. */
  readonly notice: PlainText;
  readonly services: SectionData<ServiceData>;
  readonly containers: SectionData<ContainerData>;
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

/** One button of the panel. */
export interface ActionData {
  readonly name: ActionName;
  readonly label: PlainText;
}

/** A list of the panel; one without items and remark is not shown. */
export interface SectionData<Item> {
  /** What is to be said of all of it, such as how old it is, or why it is empty. */
  readonly remark: PlainText;
  readonly items: readonly Item[];
}

export interface ServiceData {
  readonly name: PlainText;
  readonly state: State;
  readonly detail: PlainText;
}

export interface ContainerData {
  readonly name: PlainText;
  /** `null` where only its ports are known. */
  readonly state: State | null;
  /** Image, compose service and the like. */
  readonly about: PlainText;
  /** Where it is reached: "localhost:8080 → 80". */
  readonly ports: readonly PlainText[];
}

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
  /** Where the scale ends; a few values may lie above. */
  readonly top: number;
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
  /** Why it came to that; empty when there is nothing to say. */
  readonly reason: PlainText;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lasted: PlainText;
}

export const wordNames = [
  'actions',
  'boot',
  'charts',
  'containers',
  'facts',
  'lasted',
  'reason',
  'services',
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
