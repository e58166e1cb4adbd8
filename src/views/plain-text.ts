import type { PlainText } from '../base/text.ts';

/**
 * A text as VS Code is given it where it reads markup: `$(name)` would become an icon in the status bar and in quick picks,
 * `[text](command:...)` a link in notifications and messages. The shells around VS Code call it, and nobody else.
 */
export function inert(text: PlainText): string {
  return text.replaceAll('$(', '$ (').replaceAll('](', '] (');
}

/** A text whose endpoints and setting names may be broken over lines: a narrow view cuts words that are too long for it. */
export function breakable(text: string): string {
  return text.replaceAll(/[./:](?=\w)/g, '$&\u200b');
}
