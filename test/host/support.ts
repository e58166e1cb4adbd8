import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RowState, SandlightApi } from '../../src/host/api.ts';
import type { CommandId } from '../../src/commands/command-ids.ts';
import { quickInput, type ShownInput } from '../support/quick-inputs.ts';

const timeoutMs = 20_000;
const pollMs = 20;

/** The extension's API; activates it when nothing has yet. */
export async function sandlight(): Promise<SandlightApi> {
  const extension = vscode.extensions.getExtension<SandlightApi>('sandlight.sandlight');
  assert.ok(extension, 'the extension is not installed');
  return await extension.activate();
}

/** Asks `look` until it returns something other than `undefined` or `false`. */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > endMs) {
      const tree = (await sandlight())
        .rows()
        .map((row) => outline(row))
        .join('\n');
      throw new Error(`Waited ${timeoutMs / 1000} s for ${what}. The tree shows:\n${tree}`);
    }
    await sleep(pollMs);
  }
}

/** A row with what is below it, as text. */
export function outline({ label, description, children }: RowState, indent = ''): string {
  const below = children.map((child) => `\n${outline(child, `${indent}  `)}`).join('');
  return `${indent}${label} | ${description}${below}`;
}

/** Every row that is shown, roots first. */
export async function allRows(): Promise<readonly RowState[]> {
  const flatten = (row: RowState): RowState[] => [row, ...row.children.flatMap(flatten)];
  return (await sandlight()).rows().flatMap(flatten);
}

/** Waits for a row whose spoken label matches. */
export async function row(spoken: RegExp): Promise<RowState> {
  const api = await sandlight();
  const find = (candidates: readonly RowState[]): RowState | undefined => {
    for (const candidate of candidates) {
      const found = spoken.test(candidate.spoken) ? candidate : find(candidate.children);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return await until(`a row like ${String(spoken)}`, () => find(api.rows()));
}

/** Waits until no row's spoken label matches. */
export async function noRow(spoken: RegExp): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while ((await allRows()).some((candidate) => spoken.test(candidate.spoken))) {
    assert.ok(Date.now() < endMs, `there is still a row like ${String(spoken)}`);
    await sleep(pollMs);
  }
}

/** Replaces the user's setting `sandlight.KEY`; `undefined` takes it away. */
export async function setting(key: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('sandlight').update(key, value, vscode.ConfigurationTarget.Global);
}

export const run = (id: CommandId, target?: unknown): Thenable<unknown> =>
  vscode.commands.executeCommand(id, target);

type Dialogue =
  | 'showInformationMessage'
  | 'showWarningMessage'
  | 'showErrorMessage'
  | 'showQuickPick'
  | 'createInputBox'
  | 'createQuickPick';

/** An answer that goes to the question before. */
export const goBack = '(back)';

/** What one dialogue was opened with, and what it offered. */
export interface Shown {
  readonly kind: Dialogue;
  /** The message, the placeholder, the prompt, or why an answer was refused. */
  readonly text: string;
  readonly choices: readonly string[];
}

/**
 * Stands in for the person before the screen, who cannot be had in here: takes every dialogue that the extension opens
 * through `vscode.window` and answers from a list, by the label of a choice or the text of an input. With no answer left
 * it dismisses; an answer that is refused is followed by the next one.
 */
export class Person {
  readonly shown: Shown[] = [];
  /** What happens elsewhere, once, while the next question of several is on the screen. */
  meanwhile: (() => Promise<void>) | undefined;
  readonly #answers: string[];
  readonly #originals = new Map<Dialogue, unknown>();

  constructor(...answers: string[]) {
    this.#answers = answers;
    const window = vscode.window as unknown as Record<Dialogue, unknown>;
    const replace = (kind: Dialogue, stand: (...args: never[]) => unknown): void => {
      this.#originals.set(kind, window[kind]);
      window[kind] = stand;
    };
    for (const kind of ['showInformationMessage', 'showWarningMessage', 'showErrorMessage'] as const) {
      replace(kind, (message: string, ...rest: readonly (string | object)[]) => {
        const choices = rest.filter((item) => typeof item === 'string');
        this.shown.push({ kind, text: message, choices });
        return Promise.resolve(choices.length === 0 ? undefined : this.#pick(choices, (choice) => choice));
      });
    }
    replace(
      'showQuickPick',
      (items: readonly (string | vscode.QuickPickItem)[], options?: vscode.QuickPickOptions) => {
        const labelOf = (item: string | vscode.QuickPickItem): string =>
          typeof item === 'string' ? item : item.label;
        this.shown.push({
          kind: 'showQuickPick',
          text: options?.placeHolder ?? '',
          choices: items.map(labelOf),
        });
        return Promise.resolve(this.#pick(items, labelOf));
      },
    );
    for (const kind of ['createInputBox', 'createQuickPick'] as const) {
      replace(kind, () =>
        quickInput(kind, (input) => {
          const happening = this.meanwhile?.();
          this.meanwhile = undefined;
          void Promise.resolve(happening).then(() => {
            this.#answer(input);
          });
        }),
      );
    }
  }

  /** Waits until a dialogue's text matches. */
  async sees(text: RegExp): Promise<Shown> {
    return await until(`a dialogue like ${String(text)}, of ${JSON.stringify(this.shown)}`, () =>
      this.shown.find((shown) => text.test(shown.text)),
    );
  }

  leave(): void {
    Object.assign(vscode.window, Object.fromEntries(this.#originals));
  }

  #answer(input: ShownInput): void {
    const { kind, prompt, placeholder, items } = input;
    this.shown.push({ kind, text: prompt || placeholder, choices: items.map(({ label }) => label) });
    for (;;) {
      const [answer] = this.#answers;
      if (answer === undefined) {
        input.fire('Hide');
        return;
      }
      if (answer === goBack) {
        this.#answers.shift();
        input.fire('TriggerButton', vscode.QuickInputButtons.Back);
        return;
      }
      if (kind === 'createQuickPick') {
        const item = this.#pick(items, ({ label }) => label);
        input.selectedItems = item === undefined ? [] : [item];
        input.fire('Accept');
        return;
      }
      this.#answers.shift();
      input.value = answer;
      input.fire('ChangeValue');
      if (typeof input.validationMessage !== 'string') {
        input.fire('Accept');
        return;
      }
      this.shown.push({ kind, text: input.validationMessage, choices: [] });
    }
  }

  #pick<T>(items: readonly T[], labelOf: (item: T) => string): T | undefined {
    const answer = this.#answers.shift();
    if (answer === undefined) return undefined;
    const found = items.find((item) => labelOf(item).includes(answer));
    assert.ok(found, `${answer} is not among ${items.map(labelOf).join(', ')}`);
    return found;
  }
}
