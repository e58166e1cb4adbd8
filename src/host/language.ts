import { config } from '@vscode/l10n';
import * as vscode from 'vscode';

/** Lets the code that does not know VS Code speak the editor's language, with the translations VS Code has loaded. */
export function useEditorLanguage(): void {
  const { bundle } = vscode.l10n;
  if (bundle !== undefined) config({ contents: bundle });
}
