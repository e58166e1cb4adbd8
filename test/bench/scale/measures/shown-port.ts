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
  const about = (element: unknown): boolean => itemOf(element).id?.includes(sandboxName) ?? false;
  const itemOf = (element: unknown): { id?: string; label?: unknown; description?: unknown } =>
    provider.getTreeItem(element) as { id?: string };
  const childrenOf = (element: unknown): unknown[] => provider.getChildren(element) as unknown[];
  const tells = (element: unknown): boolean => {
    const { label, description } = itemOf(element);
    return `${String(label)} ${String(description)}`.includes(digits) || childrenOf(element).some(tells);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listening?.dispose();
      reject(new Error(`Port ${port} of ${sandboxName} was not shown within ${longestMs} ms.`));
    }, longestMs);
    const listening = provider.onDidChangeTreeData?.((changes: unknown) => {
      const changed = changes === undefined || changes === null ? childrenOf(undefined) : [changes].flat();
      const atMs = performance.now();
      if (!changed.some((element) => about(element) && tells(element))) return;
      clearTimeout(timer);
      listening?.dispose();
      resolve(atMs);
    });
  });
}
