import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { row, sandlight, until } from './support.ts';

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

  it('runs the bundled agent when no sandbox is configured, and shows the real services of this machine', async () => {
    const api = await sandlight();
    assert.equal(api.version, 1);
    const service = await row(/^containerd, service, (ready|not ready|failed)/);
    assert.match(service.id, /^sandbox\/local\/services\//);
    assert.deepEqual(
      api.sandboxes().map(({ name, source, connection }) => ({ name, source, connection })),
      [{ name: 'This machine', source: 'local', connection: 'open' }],
    );
    // The status item hears of changes once a slice, rows are of the moment they are asked for.
    await until('the readiness in the status item', () =>
      /This machine: (ready|degraded|not ready)/.test(api.status().text),
    );
  });

  it('hands out plain data that can be written as JSON', async () => {
    const states = (await sandlight()).sandboxes();
    assert.deepEqual(JSON.parse(JSON.stringify(states)), states);
  });
});
