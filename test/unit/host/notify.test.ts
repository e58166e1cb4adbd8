import { beforeEach, expect, test, vi } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import * as notify from '../../../src/host/notify.ts';

type Arguments = readonly unknown[];

/** What VS Code was told, and what the person answers. */
const editor = vi.hoisted(() => {
  const told: { name: string; args: readonly unknown[] }[] = [];
  const state = { answer: undefined as unknown };
  const note =
    (name: string) =>
    (...args: readonly unknown[]): Promise<unknown> => {
      told.push({ name, args });
      return Promise.resolve(state.answer);
    };
  return { told, state, note };
});

vi.mock('vscode', () => {
  const { note, told } = editor;
  const log = { warn: (line: string) => told.push({ name: 'warn', args: [line] }) };
  return {
    QuickPickItemKind: { Separator: -1 },
    ProgressLocation: { Notification: 15 },
    window: {
      showInformationMessage: note('showInformationMessage'),
      showWarningMessage: note('showWarningMessage'),
      showErrorMessage: note('showErrorMessage'),
      showQuickPick: note('showQuickPick'),
      setStatusBarMessage: note('setStatusBarMessage'),
      createOutputChannel: () => log,
      withProgress: (options: object, run: (progress: object, token: object) => unknown) => {
        told.push({ name: 'withProgress', args: [options] });
        const report = (words: object): unknown => told.push({ name: 'report', args: [words] });
        const token = { onCancellationRequested: (cancel: () => void) => setTimeout(cancel, 0) };
        return run({ report }, token);
      },
    },
  };
});

const hostile = plain`$(flame) [run](command:x)`;
const harmless = '$ (flame) [run] (command:x)';
const latest = (): Arguments => editor.told.at(-1)?.args ?? [];

beforeEach(() => {
  editor.told.length = 0;
  editor.state.answer = undefined;
});

test('no notice, question or moment in the status bar has icons or links of somebody else', async () => {
  notify.tell(hostile);
  expect(latest()).toEqual([harmless]);
  await notify.tellWithButton(hostile, plain`Open`);
  expect(latest()).toEqual([harmless, 'Open']);
  await notify.ask(hostile, hostile, { go: plain`Go` });
  expect(latest()).toEqual([harmless, { modal: true, detail: harmless }, 'Go']);
  notify.flash(hostile);
  expect(latest()).toEqual([harmless, 3000]);
  const log = notify.openLog();
  await notify.offerLog(hostile, log);
  expect(latest()).toEqual([harmless, 'Show Log']);
});

test('no list has icons but those that were asked for, and what was chosen is its value', async () => {
  const choices = [
    { heading: hostile },
    { label: hostile, icon: 'globe', description: hostile, detail: hostile, value: 7 },
  ];
  expect(await notify.pick(hostile, choices)).toBeUndefined();
  const [items, options] = latest() as [{ label: string }[], { placeHolder: string }];
  expect(options.placeHolder).toBe(harmless);
  expect(items).toMatchObject([
    { label: harmless, kind: -1 },
    { label: `$(globe) ${harmless}`, description: harmless, detail: harmless },
  ]);
  editor.state.answer = items[1];
  expect(await notify.pick(hostile, choices)).toBe(7);
});

test('the one link in the words of a progress is ours, and cancelling aborts', async () => {
  const link = { label: plain`Show Log`, command: 'sandlight.showLog' } as const;
  const isAborted = await notify.withCancellableProgress(
    hostile,
    (signal, report) =>
      new Promise<boolean>((resolve) => {
        report({ text: hostile, link });
        signal.addEventListener('abort', () => {
          resolve(signal.aborted);
        });
      }),
  );
  expect(isAborted).toBe(true);
  expect(editor.told).toMatchObject([
    { name: 'withProgress', args: [{ title: harmless, cancellable: true }] },
    { name: 'report', args: [{ message: `${harmless} ([Show Log](command:sandlight.showLog))` }] },
  ]);
});

test('a question is answered by the name of its answer', async () => {
  editor.state.answer = 'Go';
  expect(await notify.ask(plain`Go?`, plain`far`, { stay: plain`Stay`, go: plain`Go` })).toBe('go');
});
