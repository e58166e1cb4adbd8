import type { DetailsData } from '../details-data.ts';
import { actionNames, type ActionName } from '../details-messages.ts';
import { element, setText } from './dom.ts';

/** The buttons of what can be done. All are made once and hidden while they do not fit, so that focus stays where it is. */
export class Actions {
  readonly root = element('div', { class: 'actions', role: 'group' });
  readonly #buttons: ReadonlyMap<ActionName, HTMLButtonElement>;

  constructor(onPress: (action: ActionName) => void) {
    this.#buttons = new Map(
      actionNames.map((name) => {
        const button = element('button', { type: 'button', 'data-action': name });
        button.hidden = true;
        button.addEventListener('click', () => {
          onPress(name);
        });
        return [name, button];
      }),
    );
    this.root.append(...this.#buttons.values());
  }

  update({ actions, words }: DetailsData): void {
    this.root.setAttribute('aria-label', words.actions);
    this.root.hidden = actions.length === 0;
    const labels = new Map(actions.map(({ name, label }) => [name, label]));
    for (const [name, button] of this.#buttons) {
      const label = labels.get(name);
      button.hidden = label === undefined;
      setText(button, label ?? '');
    }
  }
}
