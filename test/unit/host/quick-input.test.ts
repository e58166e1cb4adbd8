import { beforeEach, expect, test, vi } from 'vitest';
import { plain, quoted, type PlainText } from '../../../src/base/text.ts';
import { askStep, pickStep } from '../../../src/host/quick-input.ts';
import type { ShownInput } from '../../support/quick-inputs.ts';

/** What a person does with each input that is shown, in order. */
const person = vi.hoisted(() => ({
  acts: [] as ((input: ShownInput) => void)[],
  file: undefined as string | undefined,
}));
const back = vi.hoisted(() => ({ tooltip: 'Back' }));

vi.mock('vscode', async () => {
  const { quickInput } = await import('../../support/quick-inputs.ts');
  const show = (input: ShownInput): void => person.acts.shift()?.(input);
  return {
    QuickInputButtons: { Back: back },
    InputBoxValidationSeverity: { Warning: 2 },
    ThemeIcon: vi.fn(),
    window: {
      createInputBox: () => quickInput('createInputBox', show),
      createQuickPick: () => quickInput('createQuickPick', show),
      showOpenDialog: () => Promise.resolve(person.file && [{ fsPath: person.file }]),
    },
  };
});

const hostile = plain`$(flame) [run](command:x)`;
const harmless = '$ (flame) [run] (command:x)';
const place = { title: hostile, step: 2 };
const question = { prompt: hostile, value: 'first', problem: () => undefined };

beforeEach(() => {
  person.acts.length = 0;
});

test('a question and what is wrong with an answer are plain; a wrong answer cannot be given', async () => {
  const problem = (answer: string): PlainText | undefined => (answer === 'good' ? undefined : hostile);
  person.acts.push((input) => {
    expect(input).toMatchObject({ title: harmless, prompt: harmless, value: 'first', step: 2 });
    expect(input.validationMessage).toBeUndefined();
    input.fire('Accept');
    expect(input.validationMessage).toBe(harmless);
    input.value = 'good';
    input.fire('ChangeValue');
    expect(input.validationMessage).toBeUndefined();
    input.fire('Accept');
  });
  expect(await askStep(place, { ...question, problem })).toEqual({ value: 'good' });
});

test('a warning is shown, and does not hinder', async () => {
  person.acts.push((input) => {
    input.fire('ChangeValue');
    expect(input.validationMessage).toEqual({ message: '"first"', severity: 2 });
    input.fire('Accept');
  });
  const warning = (answer: string): PlainText => quoted(answer, 100);
  expect(await askStep(place, { ...question, warning })).toEqual({ value: 'first' });
});

test('the first question has no way back, a later one has, and leaving is neither', async () => {
  person.acts.push((input) => {
    expect(input.buttons).toEqual([]);
    input.fire('Hide');
  });
  expect(await askStep({ ...place, step: 1 }, question)).toBeUndefined();
  person.acts.push((input) => {
    expect(input.buttons).toEqual([back]);
    input.fire('TriggerButton', back);
  });
  expect(await askStep(place, question)).toBe('back');
});

test('a file that is chosen is the answer, though its dialogue hides the input', async () => {
  person.file = '/run/agent.sock';
  person.acts.push(
    (input) => {
      input.fire('TriggerButton', input.buttons[1]);
      input.fire('Hide');
    },
    (input) => {
      input.fire('Accept');
    },
  );
  expect(await askStep(place, { ...question, browse: hostile })).toEqual({ value: '/run/agent.sock' });
});

test('a list is plain, begins at what was chosen before, and gives the value', async () => {
  const choices = [
    { label: hostile, value: 7 },
    { label: hostile, icon: 'globe', value: 8 },
  ];
  person.acts.push((input) => {
    expect(input.placeholder).toBe(harmless);
    expect(input.items.map(({ label }) => label)).toEqual([harmless, `$(globe) ${harmless}`]);
    expect(input.activeItems).toEqual([input.items[1]]);
    input.selectedItems = input.items.slice(0, 1);
    input.fire('Accept');
  });
  expect(await pickStep(place, hostile, choices, 8)).toEqual({ value: 7 });
});

test('with nothing chosen before, the first choice is left to be in front', async () => {
  person.acts.push((input) => {
    expect(input.activeItems).toBeUndefined();
    input.fire('Hide');
  });
  expect(await pickStep(place, hostile, [{ label: hostile, value: 7 }])).toBeUndefined();
});
