import type { StandInTreeView } from '../editor/tree-view.ts';

/**
 * Resolves with the moment (`performance.now()`) of the first event of the tree that makes VS Code ask for a row of the
 * sandbox that tells `port`.
 */
export function portShown(
  { provider }: StandInTreeView,
  sandboxName: string,
  port: number,
  longestMs: number,
): Promise<number> {
  const digits = String(port);
  const isAbout = (row: object): boolean => provider.getTreeItem(row).id?.includes(sandboxName) ?? false;
  const tells = (row: object): boolean => {
    const { label, description } = provider.getTreeItem(row);
    const isHere = [label, description].some((text) => typeof text === 'string' && text.includes(digits));
    return isHere || provider.getChildren(row).some(tells);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listening.dispose();
      reject(new Error(`Port ${port} of ${sandboxName} was not shown within ${longestMs} ms.`));
    }, longestMs);
    const listening = provider.onDidChangeTreeData((changed) => {
      const atMs = performance.now();
      if (!(changed ?? provider.getChildren()).some((row) => isAbout(row) && tells(row))) return;
      clearTimeout(timer);
      listening.dispose();
      resolve(atMs);
    });
  });
}
