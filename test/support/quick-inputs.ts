/*
 * Stand-ins for VS Code's input boxes and quick picks, for tests without a screen. They imitate what our code uses of them:
 * listeners, buttons, and that disposing hides.
 */

type Listener = (value: never) => unknown;

/** Either kind of input while it is shown. */
export interface ShownInput {
  readonly kind: 'createInputBox' | 'createQuickPick';
  title: string;
  step: number;
  prompt: string;
  placeholder: string;
  value: string;
  validationMessage: string | { readonly message: string } | undefined;
  buttons: readonly { readonly tooltip?: string }[];
  items: readonly { readonly label: string }[];
  /** Absent where VS Code chooses, which takes the first. */
  activeItems: readonly { readonly label: string }[] | undefined;
  selectedItems: readonly { readonly label: string }[];
  /** What a person does: types, accepts, presses a button, leaves. */
  fire(event: 'ChangeValue' | 'Accept' | 'TriggerButton' | 'Hide', value?: unknown): void;
}

/** Makes an input that calls `show` with itself, in a later turn, whenever it is shown. */
export function quickInput(kind: ShownInput['kind'], show: (input: ShownInput) => void): ShownInput {
  const listeners = new Map<string, Listener>();
  const on = (event: string) => (listener: Listener) => void listeners.set(event, listener);
  let isShown = false;
  const input = {
    ...{ kind, title: '', step: 0, prompt: '', placeholder: '', value: '', buttons: [] },
    ...{ items: [], activeItems: undefined, selectedItems: [], validationMessage: undefined },
    onDidChangeValue: on('ChangeValue'),
    onDidAccept: on('Accept'),
    onDidTriggerButton: on('TriggerButton'),
    onDidHide: on('Hide'),
    fire: (event: string, value?: unknown) => void listeners.get(event)?.(value as never),
    show: () => {
      isShown = true;
      setImmediate(() => {
        show(input);
      });
    },
    dispose: () => {
      if (isShown) input.fire('Hide');
      isShown = false;
    },
  };
  return input;
}
