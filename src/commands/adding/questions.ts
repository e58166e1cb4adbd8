import type { PlainText } from '../../base/text.ts';
import { askStep, pickStep, type Place, type Reply } from '../../host/quick-input.ts';
import { isNothing } from './found.ts';
import type { Answers, Part, Way, WayName } from './ways.ts';

/** What is known so far of a sandbox that is being added or changed. */
export interface Draft {
  readonly way?: WayName;
  readonly answers: Answers;
  /** Empty until it was asked for. */
  readonly name: string;
}

/** Asks for one thing that a draft lacks; what it has already is what is offered. */
export type Question = (draft: Draft, place: Place) => Promise<Reply<Draft>>;

/**
 * Asks one question after the other, from number `first` on. Going back asks the one before with what was answered. Which
 * questions there are may depend on earlier answers. `undefined` when one was dismissed.
 */
export async function askAll(
  title: PlainText,
  questionsOf: (draft: Draft) => readonly Question[],
  start: Draft,
  first = 0,
): Promise<Draft | undefined> {
  let draft = start;
  for (let index = first; ;) {
    const question = questionsOf(draft)[index];
    if (question === undefined) return draft;
    const reply = await question(draft, { title, step: index + 1 });
    if (reply === undefined) return undefined;
    if (reply === 'back') {
      index--;
      continue;
    }
    draft = reply.value;
    index++;
  }
}

/** Asks how the agent is reached. */
export function wayQuestion(prompt: PlainText, ways: Readonly<Record<WayName, Way>>): Question {
  const names = Object.keys(ways) as WayName[];
  return async (draft, place) => {
    const choices = names.map((name) => ({ ...ways[name], value: name }));
    return mapped(await pickStep(place, prompt, choices, draft.way), (way) => ({ ...draft, way }));
  };
}

/** Asks for one part of an endpoint. */
export function partQuestion(part: Part): Question {
  return async (draft, place) => {
    const { key, prompt } = part;
    const known = draft.answers[key];
    const reply =
      'choices' in part
        ? await pickStep(place, prompt, part.choices, known)
        : await askStep(place, { ...part, value: known ?? part.initial ?? '' });
    const next = mapped(reply, (value) => ({
      ...draft,
      answers: { ...draft.answers, [key]: value.trim() },
    }));
    return typeof next === 'object' && isNothing(next.value.answers) ? 'back' : next;
  };
}

/** Asks for the name; `suggested` is offered where none was given yet. */
export function nameQuestion(
  prompt: PlainText,
  problem: (name: string) => PlainText | undefined,
  suggested: (draft: Draft) => string,
): Question {
  return async (draft, place) => {
    const value = draft.name === '' ? suggested(draft) : draft.name;
    return mapped(await askStep(place, { prompt, value, problem }), (name) => ({
      ...draft,
      name: name.trim(),
    }));
  };
}

function mapped<A, B>(reply: Reply<A>, map: (value: A) => B): Reply<B> {
  return typeof reply === 'object' ? { value: map(reply.value) } : reply;
}
