/**
 * Stands in for the module `vscode` where only its strings are needed and no VS Code runs. Imitates `l10n.t` without a
 * translation: `{0}` and so on are replaced by the arguments.
 */
export const l10n = {
  t: (message: string, ...args: readonly unknown[]): string =>
    message.replace(/\{(\d+)\}/g, (hole, index: string) =>
      Number(index) < args.length ? String(args[Number(index)]) : hole,
    ),
};
