import * as l10n from '../base/l10n.ts';
import { joined, type PlainText } from '../base/text.ts';
import type { ReadinessWord, SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import type { RegistryChange } from '../sandboxes/watch/sandbox-registry.ts';
import { sandboxAppearance } from './appearance.ts';
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
  /** The sandbox it speaks of; `undefined` when there is none. */
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
  readonly word: PlainText;
  readonly iconId: string;
  /** False for one that nobody wants connected, which counts only when there is no other. */
  readonly isWanted: boolean;
}

function standingOf(snapshot: SandboxSnapshot): Standing {
  const { id, name, readiness, connection } = snapshot;
  const { word, icon } = sandboxAppearance(snapshot);
  return { id, name, readiness, word, iconId: icon.id, isWanted: connection.phase !== 'idle' };
}

/** Smaller is more urgent. */
function rank({ isWanted, readiness }: Pick<Standing, 'isWanted' | 'readiness'>): number {
  return (isWanted ? 0 : urgency.length) + urgency.indexOf(readiness);
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
      return {
        text: `$(vm) ${inert(text)}`,
        tooltip: text,
        background: 'none',
        spoken: text,
        sandboxId: undefined,
      };
    }
    const { name, word, iconId, readiness, id } = worst;
    let alike = 0;
    for (const standing of this.#standings.values.values()) if (standing.word === word) alike++;
    const said =
      count === 1
        ? l10n.t('{0}: {1}', name, word)
        : alike === count
          ? l10n.t('{0} sandboxes: {1}', alike, word)
          : l10n.t('{0}: {1} ({2} of {3})', name, word, alike, count);
    const others = count - this.#named.length;
    return {
      text: `$(${iconId}) ${inert(said)}`,
      tooltip: joined(
        [
          ...this.#named.map((standing) => paragraph(standing, snapshots.get(standing.id), nowMs)),
          ...(others === 0 ? [] : [l10n.t('and {0} more', others)]),
          l10n.t('Seen from {0}', this.#place),
        ],
        '\n\n',
      ),
      background: backgroundOf(readiness),
      spoken: l10n.t('Sandlight, {0}', said),
      sandboxId: id,
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

function backgroundOf(readiness: ReadinessWord): StatusText['background'] {
  if (readiness === 'unreachable') return 'error';
  return readiness === 'degraded' || readiness === 'not_ready' ? 'warning' : 'none';
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
