import { t as translate } from '@vscode/l10n';
import type { PlainText, Shown } from './text.ts';

/**
 * A sentence or clause of ours in the reader's language, with `{0}` and so on replaced by `parts`. Its words stand in the
 * source and its parts may be shown, so it may be shown as a whole. Without translations loaded it stays English.
 */
export function t<const Message extends string, const Parts extends readonly unknown[]>(
  message: Message & Shown<Message>,
  ...parts: Parts & { readonly [Index in keyof Parts]: Shown<Parts[Index]> }
): PlainText {
  return translate(message, ...(parts as unknown as (string | number)[])) as PlainText;
}
