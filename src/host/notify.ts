import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import type { Disposable } from '../base/emitter.ts';
import { limitedLogger } from '../base/limited-logger.ts';
import type { Logger } from '../base/logger.ts';
import type { PlainText } from '../base/text.ts';
import { inert } from '../views/plain-text.ts';

/*
 * The one shell around everything that VS Code shows beside the views: notifications, questions, lists, progress and the
 * log. It takes only texts that may be shown, and keeps VS Code from reading links and icons in them.
 */

/** Something to choose from a list. */
export interface Choice<Value> {
  readonly label: PlainText;
  /** A product icon by its id. */
  readonly icon?: string;
  readonly description?: PlainText;
  readonly detail?: PlainText;
  readonly value: Value;
}

/** A heading between choices. */
export interface Heading {
  readonly heading: PlainText;
}

/** Words of a progress, and a command of ours to offer beside them. */
export interface ProgressWords {
  readonly text: PlainText;
  readonly link?: { readonly label: PlainText; readonly command: 'sandlight.showLog' };
}

/** The log of the extension. */
export interface ExtensionLog extends Disposable {
  readonly logger: Logger;
  show(): void;
}

/** Tells something; nobody waits until it is read. */
export function tell(message: PlainText): void {
  void vscode.window.showInformationMessage(inert(message));
}

/** Tells something beside one button; true when that was pressed. */
export async function tellWithButton(message: PlainText, button: PlainText): Promise<boolean> {
  return (await vscode.window.showInformationMessage(inert(message), button)) === button;
}

/**
 * Asks a question that has to be answered, with a button for each of `answers`; the first is the default. `undefined` when
 * it was cancelled.
 */
export async function ask<const Answer extends string>(
  question: PlainText,
  detail: PlainText,
  answers: Readonly<Record<Answer, PlainText>>,
): Promise<Answer | undefined> {
  const buttons = Object.entries<PlainText>(answers);
  const choice = await vscode.window.showWarningMessage(
    inert(question),
    { modal: true, detail: inert(detail) },
    ...buttons.map(([, label]) => label),
  );
  return buttons.find(([, label]) => label === choice)?.[0] as Answer | undefined;
}

/** Lets somebody choose; `undefined` when nothing was chosen. */
export async function pick<Value>(
  placeHolder: PlainText,
  choices: readonly (Choice<Value> | Heading)[],
): Promise<Value | undefined> {
  const items = choices.map((choice): vscode.QuickPickItem & { readonly choice?: Choice<Value> } => {
    if ('heading' in choice)
      return { label: inert(choice.heading), kind: vscode.QuickPickItemKind.Separator };
    return itemOf(choice);
  });
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: inert(placeHolder),
    // What is looked for may be an image or a number as well as a name.
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return chosen?.choice?.value;
}

/** A choice as VS Code lists it. */
export function itemOf<Value>(
  choice: Choice<Value>,
): vscode.QuickPickItem & { readonly choice: Choice<Value> } {
  const { label, icon, description, detail } = choice;
  return {
    label: icon === undefined ? inert(label) : `$(${icon}) ${inert(label)}`,
    ...(description !== undefined && { description: inert(description) }),
    ...(detail !== undefined && { detail: inert(detail) }),
    choice,
  };
}

/** Says something in the status bar for a moment. */
export function flash(message: PlainText): void {
  vscode.window.setStatusBarMessage(inert(message), 3000);
}

/** Shows work that goes on and can be cancelled: its signal then aborts. */
export async function withCancellableProgress<Result>(
  title: PlainText,
  work: (signal: AbortSignal, report: (words: ProgressWords) => void) => Promise<Result>,
): Promise<Result> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: inert(title),
    cancellable: true,
  };
  return vscode.window.withProgress(options, (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => {
      abort.abort();
    });
    return work(abort.signal, ({ text, link }) => {
      const offered = link === undefined ? '' : ` ([${inert(link.label)}](command:${link.command}))`;
      progress.report({ message: `${inert(text)}${offered}` });
    });
  });
}

/** Shows in the view that work goes on. */
export async function withViewProgress<Result>(viewId: string, work: () => Promise<Result>): Promise<Result> {
  return vscode.window.withProgress({ location: { viewId } }, work);
}

/** Opens the log; what is written too often is counted instead. */
export function openLog(): ExtensionLog {
  const channel = vscode.window.createOutputChannel('Sandlight', { log: true });
  return {
    logger: limitedLogger(channel),
    show: () => {
      channel.show();
    },
    dispose: () => {
      channel.dispose();
    },
  };
}

/** Tells of a failure and offers the log. */
export async function offerLog(message: PlainText, log: ExtensionLog): Promise<void> {
  const showLog = l10n.t('Show Log');
  if ((await vscode.window.showErrorMessage(inert(message), showLog)) === showLog) log.show();
}
