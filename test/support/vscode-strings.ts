/**
 * Stands in for the module `vscode` where only its strings are needed and no VS Code runs. Imitates `l10n.t` without a
 * translation: `{0}` and so on are replaced by the arguments. Like VS Code it has no bundle while it speaks English.
 */
export const l10n = {
  bundle: undefined as Readonly<Record<string, string>> | undefined,
  t: (message: string, ...args: readonly unknown[]): string =>
    message.replace(/\{(\d+)\}/g, (hole, index: string) =>
      Number(index) < args.length ? String(args[Number(index)]) : hole,
    ),
};
