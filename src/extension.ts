import * as vscode from 'vscode';

const row = (
  label: string,
  children: readonly vscode.TreeItem[] = [],
): vscode.TreeItem & { children: readonly vscode.TreeItem[] } =>
  Object.assign(
    new vscode.TreeItem(
      label,
      children.length > 0 ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None,
    ),
    { children },
  );

/** Placeholder that proves the harness: one sandbox with one service, and the status item. */
export function activate(context: vscode.ExtensionContext): void {
  const roots = [row('This machine', [row('Services', [row('containerd, not ready')])])];
  const provider: vscode.TreeDataProvider<ReturnType<typeof row>> = {
    getTreeItem: (item) => item,
    getChildren: (item) => (item?.children ?? roots) as ReturnType<typeof row>[],
  };
  const status = vscode.window.createStatusBarItem('sandlight.readiness', vscode.StatusBarAlignment.Left);
  status.name = 'Sandlight readiness';
  status.text = '$(vm) Sandlight: not ready';
  status.show();
  context.subscriptions.push(
    status,
    vscode.window.createTreeView('sandlight.sandboxes', { treeDataProvider: provider }),
    vscode.commands.registerCommand('sandlight.refresh', () =>
      vscode.window.showInformationMessage('Sandlight refreshed.'),
    ),
  );
}
