import * as l10n from '../base/l10n.ts';
import { joined, type PlainText } from '../base/text.ts';
import type { ReadinessWord, SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import type { RegistryChange } from '../sandboxes/watch/sandbox-registry.ts';
import { sandboxAppearance } from './appearance.ts';
import { attentionOf, sandboxIcon, type AttentionLevel } from './attention.ts';
import { factLines } from './facts.ts';
import { PerSandbox, type Snapshots } from './per-sandbox.ts';
import { inert } from './plain-text.ts';
import { dayOf } from './quantities.ts';
import { haveSameValues } from './tree/memo.ts';

/** Everything the status item shows, as plain data. */
export interface StatusText {
  /** Icon and words, as VS Code reads them. */
  readonly text: string;
  /** Lines of plain text. */
  readonly tooltip: PlainText;
  readonly background: 'none' | 'warning' | 'error';
  readonly spoken: PlainText;
  /** The sandbox that asks for attention most; `undefined` when there is none, and the item is hidden. */
  readonly sandboxId: string | undefined;
}

/** Sandboxes that the tooltip tells of; the others are counted. */
export const maxTooltipSandboxes = 10;

/** How much each state asks for attention, most first. */
const urgency: readonly ReadinessWord[] = [
  'unreachable',
  'not_ready',
  'degraded',
  'starting',
  'unknown',
  'ready',
];

/** What one sandbox adds to the item's words, and nothing that changes with every poll. */
interface Standing {
  readonly id: string;
  readonly name: PlainText;
  readonly readiness: ReadinessWord;
  readonly level: AttentionLevel;
  readonly word: PlainText;
  /** Why it asks for attention, as far as the word does not tell; empty for one that cannot be reached. */
  readonly reason: PlainText;
  readonly iconId: string;
  /** False for one that nobody wants connected, which counts only when there is no other. */
  readonly isWanted: boolean;
}

function standingOf(snapshot: SandboxSnapshot): Standing {
  const { id, name, readiness, connection } = snapshot;
  const attention = attentionOf(snapshot);
  const { level } = attention;
  return {
    ...{ id, name, readiness, level, isWanted: connection.phase !== 'idle' },
    word: sandboxAppearance(snapshot).word,
    // That of one that cannot be reached tells of the next attempt, and so changes with each.
    reason: level === 'warning' ? attention.reason : joined([], ''),
    iconId: sandboxIcon(snapshot, attention).id,
  };
}

const levels: readonly AttentionLevel[] = ['error', 'warning', 'none'];

/** Smaller is more urgent. */
function rank({ isWanted, level, readiness }: Standing): number {
  const group = isWanted ? levels.indexOf(level) : levels.length;
  return group * urgency.length + urgency.indexOf(readiness);
}

/** What the one status item says: the worst sandbox, and how many share its state. Says it anew only when that changes. */
export class StatusModel {
  readonly #place: PlainText;
  readonly #standings = new PerSandbox<Standing>((snapshot, before) => {
    const standing = standingOf(snapshot);
    return before !== undefined && haveSameValues(before, standing) ? before : standing;
  });
  /** Those in the tooltip. */
  #named: readonly Standing[] = [];
  #text: StatusText | undefined;
  #day = '';

  /** `place` says in words which machine the sandboxes are seen from. */
  constructor(place: PlainText) {
    this.#place = place;
  }

  /** The text after a change; the same object when it cannot have changed. `nowMs` is Unix time. */
  update(snapshots: Snapshots, change: RegistryChange, nowMs: number): StatusText {
    const replacements = this.#standings.update(snapshots, change);
    const day = dayOf(nowMs);
    // A list in another order may have another first one of the worst.
    const isOther = replacements.length > 0 || change.listChanged || day !== this.#day;
    this.#day = day;
    if (isOther) this.#named = worstFirst([...this.#standings.values.values()], maxTooltipSandboxes);
    if (this.#text === undefined || isOther || this.#named.some(({ id }) => change.changed.has(id)))
      this.#text = this.#say(snapshots, nowMs);
    return this.#text;
  }

  #say(snapshots: Snapshots, nowMs: number): StatusText {
    const count = this.#standings.values.size;
    const [worst] = this.#named;
    if (worst === undefined) {
      const text = l10n.t('Sandlight: no sandbox');
      return { text: inert(text), tooltip: text, background: 'none', spoken: text, sandboxId: undefined };
    }
    const light = lightOf([...this.#standings.values.values()], worst);
    const others = count - this.#named.length;
    return {
      text: `$(${light.iconId}) ${inert(light.said)}`,
      tooltip: joined(
        [
          ...this.#named.map((standing) => paragraph(standing, snapshots.get(standing.id), nowMs)),
          ...(others === 0 ? [] : [l10n.t('and {0} more', others)]),
          l10n.t('Seen from {0}', this.#place),
        ],
        '\n\n',
      ),
      background: light.background,
      spoken: l10n.t('Sandlight, {0}', light.said),
      sandboxId: worst.id,
    };
  }
}

/** The sandbox that asks for attention most; one that nobody wants connected only when there is no other. */
export function worstSandbox(snapshots: readonly SandboxSnapshot[]): SandboxSnapshot | undefined {
  const [worst] = worstFirst(snapshots.map(standingOf), 1);
  return snapshots.find(({ id }) => id === worst?.id);
}

/** At most `count` of them, most urgent first; of equals the first ones. */
function worstFirst(standings: readonly Standing[], count: number): readonly Standing[] {
  const byRank: Standing[][] = [];
  for (const standing of standings) (byRank[rank(standing)] ??= []).push(standing);
  return byRank.flat().slice(0, count);
}

/** What the item says of all sandboxes, of which `worst` asks for attention most: red only when none can be reached. */
function lightOf(
  all: readonly Standing[],
  worst: Standing,
): Pick<StatusText, 'background'> & { readonly iconId: string; readonly said: PlainText } {
  const wanted = all.filter(({ isWanted }) => isWanted);
  const needy = wanted.filter(({ level }) => level !== 'none');
  const isDark = needy.length > 0 && wanted.every(({ level }) => level === 'error');
  const background = isDark ? 'error' : needy.length > 0 ? 'warning' : 'none';
  const { name, word, reason, iconId } = worst;
  const alike = all.reduce((count, standing) => count + (standing.word === word ? 1 : 0), 0);
  if (all.length === 1) {
    const state = joined([word, ...(reason === '' ? [] : [reason])], ' · ');
    return { background, iconId, said: l10n.t('{0}: {1}', name, state) };
  }
  if (needy.length === 0) {
    const said =
      alike === all.length
        ? l10n.t('{0} sandboxes: {1}', alike, word)
        : l10n.t('{0}: {1} ({2} of {3})', name, word, alike, all.length);
    return { background, iconId, said };
  }
  const need =
    needy.length === 1
      ? l10n.t('1 of {0} needs attention', all.length)
      : l10n.t('{0} of {1} need attention', needy.length, all.length);
  // What all of them have in common, such as clocks that this machine's sleep has left behind, is said at once.
  const common = reason !== '' && needy.every((standing) => standing.reason === reason) ? [reason] : [];
  return { background, iconId: isDark ? 'error' : 'warning', said: joined([need, ...common], ' · ') };
}

/** What is known of a sandbox. It is read at any time after it was written, so it tells moments and no ages. */
function paragraph(
  { name, word }: Standing,
  snapshot: SandboxSnapshot | undefined,
  nowMs: number,
): PlainText {
  const lines = [l10n.t('{0}: {1}', name, word)];
  if (snapshot === undefined) return joined(lines, '\n');
  lines.push(...factLines(snapshot, nowMs));
  return joined(lines, '\n');
}
