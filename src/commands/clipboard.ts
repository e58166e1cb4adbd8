import * as vscode from 'vscode';
import * as l10n from '../base/l10n.ts';
import { plainText } from '../base/text.ts';
import { flash } from '../host/notify.ts';

/** Most of a copied text that is shown afterwards: where VS Code forwards a port, it is whatever URL leads there. */
const maxShownLength = 300;

/** Copies a text and says so for a moment. */
export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  flash(l10n.t('Copied {0}', plainText(text, maxShownLength)));
}
