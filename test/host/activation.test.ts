import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('activation', () => {
  it('contributes the tree and registers every command of the manifest', async () => {
    const extension = vscode.extensions.getExtension('sandlight.sandlight');
    assert.ok(extension, 'the extension is not installed');
    await extension.activate();
    const manifest = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const declared = manifest.contributes.commands.map(({ command }) => command);
    const registered = await vscode.commands.getCommands(true);
    assert.deepEqual(
      declared.filter((command) => !registered.includes(command)),
      [],
    );
    assert.ok(registered.includes('sandlight.sandboxes.focus'));
  });
});
