import * as vscode from 'vscode';
import type { PlainText } from '../base/text.ts';
import { inert } from '../views/plain-text.ts';
import { itemOf, type Choice } from './notify.ts';

/*
 * Questions that follow one another, with a way back. Like notify.ts it takes only texts that may be shown, and keeps VS
 * Code from reading links and icons in them.
 */

/** How a question was left: answered, or for the one before; `undefined` when it was dismissed. */
export type Reply<Value> = { readonly value: Value } | 'back' | undefined;

/** Where a question stands among others. */
export interface Place {
  readonly title: PlainText;
  /** Counts from 1; the first has no way back. */
  readonly step: number;
}

/** What {@link askStep} asks. */
export interface StepQuestion {
  readonly prompt: PlainText;
  readonly value: string;
  readonly placeHolder?: PlainText;
  /** Says why an answer will not do; `undefined` when it will. */
  readonly problem: (answer: string) => PlainText | undefined;
  /** Says what will become of an answer that is not what was asked for, and is taken nevertheless. */
  readonly warning?: (answer: string) => PlainText | undefined;
  /** Offers to choose a file of the machine that the extension runs on; its title. */
  readonly browse?: PlainText;
}

/** Asks for a text. */
export function askStep(place: Place, question: StepQuestion): Promise<Reply<string>> {
  const { prompt, value, placeHolder, problem, warning, browse } = question;
  const input = vscode.window.createInputBox();
  const browseButton: vscode.QuickInputButton | undefined = browse && {
    iconPath: new vscode.ThemeIcon('folder-opened'),
    tooltip: inert(browse),
  };
  input.value = value;
  input.prompt = inert(prompt);
  if (placeHolder !== undefined) input.placeholder = inert(placeHolder);
  const validate = (): boolean => {
    const why = problem(input.value);
    const warned = why === undefined ? warning?.(input.value) : undefined;
    if (why !== undefined) input.validationMessage = inert(why);
    else if (warned !== undefined)
      input.validationMessage = {
        message: inert(warned),
        severity: vscode.InputBoxValidationSeverity.Warning,
      };
    else input.validationMessage = undefined;
    return why === undefined;
  };
  return untilLeft(input, place, browseButton, (finish) => {
    input.onDidChangeValue(validate);
    input.onDidAccept(() => {
      if (validate()) finish({ value: input.value });
    });
    return async () => {
      const [file] =
        (await vscode.window.showOpenDialog({ title: inert(browse ?? prompt), canSelectMany: false })) ?? [];
      if (file !== undefined) input.value = file.fsPath;
      validate();
    };
  });
}

/** Lets somebody choose; the choice whose value is `chosen` is in front. */
export function pickStep<Value>(
  place: Place,
  prompt: PlainText,
  choices: readonly Choice<Value>[],
  chosen?: Value,
): Promise<Reply<Value>> {
  const list = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly choice: Choice<Value> }>();
  list.placeholder = inert(prompt);
  list.items = choices.map(itemOf);
  const active = list.items.find(({ choice }) => choice.value === chosen);
  // With an empty list no item would be active, not even the first, and Enter would do nothing.
  if (active !== undefined) list.activeItems = [active];
  return untilLeft(list, place, undefined, (finish) => {
    list.onDidAccept(() => {
      const [item] = list.selectedItems;
      if (item !== undefined) finish({ value: item.choice.value });
    });
    return () => Promise.resolve();
  });
}

/**
 * Shows `input` until it is answered or left. `listen` is given what ends it, and returns what the button `browse` does:
 * meanwhile another dialogue may hide the input, which is then shown again.
 */
function untilLeft<Value>(
  input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>,
  { title, step }: Place,
  browse: vscode.QuickInputButton | undefined,
  listen: (finish: (reply: Reply<Value>) => void) => () => Promise<void>,
): Promise<Reply<Value>> {
  return new Promise<Reply<Value>>((resolve) => {
    let isBrowsing = false;
    const onBrowse = listen(resolve);
    input.title = inert(title);
    input.step = step;
    input.ignoreFocusOut = true;
    const back = vscode.QuickInputButtons.Back;
    input.buttons = [...(step > 1 ? [back] : []), ...(browse === undefined ? [] : [browse])];
    input.onDidTriggerButton(async (button) => {
      if (button === back) {
        resolve('back');
        return;
      }
      isBrowsing = true;
      await onBrowse();
      isBrowsing = false;
      input.show();
    });
    input.onDidHide(() => {
      if (!isBrowsing) resolve(undefined);
    });
    input.show();
  }).finally(() => {
    input.dispose();
  });
}
