/**
 * Stands in for the module `vscode` where only the translations it has loaded are needed and no VS Code runs. Like VS Code
 * it has no bundle while it speaks English.
 */
export const l10n = {
  bundle: undefined as Readonly<Record<string, string>> | undefined,
};
