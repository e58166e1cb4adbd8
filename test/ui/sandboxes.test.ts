import { expect, onTestFinished, test } from 'vitest';
import type { PortBinding } from '../../src/agent/generated/arcbox/v1/common.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { openSandlight, screenshotFile } from './workbench.ts';

async function scriptedAgent(): Promise<ScriptedAgent> {
  const agent = await ScriptedAgent.start();
  onTestFinished(() => agent.close());
  return agent;
}

const binding = (containerPort: number, hostPort: number): PortBinding => ({
  ...{ containerPort, hostPort, protocol: 'tcp', hostIp: '127.0.0.1' },
});

test('rows follow the guest by push, keep what the user has opened, and stay as stale data when it is lost', async () => {
  const agent = await scriptedAgent();
  const workbench = await openSandlight({
    settings: { 'sandlight.sandboxes': [{ name: 'web', endpoint: agent.endpoint }] },
  });
  const spoken = async (): Promise<string[]> => (await workbench.rows()).map(({ label }) => label);
  await workbench.row('dockerd, service, not ready').waitFor();
  const badge = workbench.page.locator('.activitybar .badge', { hasText: '1' });
  await badge.first().waitFor();

  await workbench.expand('System');
  await workbench.row('Kernel, 6.1.0 x86_64').waitFor();
  await workbench.row('containerd, service').click();

  agent.publish('c0ffee', binding(8080, 49152));
  await workbench.row('container c0ffee, Port 8080, published on localhost:49152, tcp').waitFor();
  await workbench.screenshot(screenshotFile('sandbox'));
  agent.publish('c0ffee');
  await workbench.row(/Port 8080,/).waitFor({ state: 'detached' });

  await agent.vanish();
  await workbench.row(/^web, sandbox, unreachable, .*, earlier data$/).waitFor();
  expect(await workbench.statusItem('sandlight.readiness')).toBe('Sandlight, web: unreachable');
  expect(await spoken()).toContain('Kernel, 6.1.0 x86_64, earlier data');
  expect(await workbench.page.locator('.notification-list-item').count()).toBe(0);
  await workbench.screenshot(screenshotFile('stale'));

  await agent.resume();
  await workbench.row(/^web, sandbox, degraded, dockerd not ready$/).waitFor();
  // What the user had opened and selected is still so.
  expect(await spoken()).toContain('Kernel, 6.1.0 x86_64');
  await workbench.page
    .locator('.part.sidebar .monaco-list-row.selected[aria-label^="containerd, service"]')
    .waitFor();
});

test('rows offer what can be done: inline on a port and a sandbox, by keyboard through the palette', async () => {
  const agent = await scriptedAgent();
  agent.publish('c0ffee', binding(8080, 49152));
  const workbench = await openSandlight({
    settings: { 'sandlight.sandboxes': [{ name: 'web', endpoint: agent.endpoint }] },
  });
  const port = workbench.row(/Port 8080,/);
  await port.hover();
  const buttons = await port
    .getByRole('button')
    .evaluateAll((found: { ariaLabel: string }[]) => found.map(({ ariaLabel }) => ariaLabel));
  // VS Code adds the key of what has one.
  expect(buttons.map((label) => label.replace(/ \(.+\)$/, ''))).toEqual([
    'Open Port in Browser',
    'Copy Port Address',
  ]);
  agent.script.ensure = [{ ready: false, endpoint: '', message: '', status: 'starting' }];
  agent.script.runtime.detail = '[no link](command:workbench.action.quit)';
  await workbench.clickInlineAction(/^web, sandbox/, 'Ensure Runtime');
  const progress = await workbench.notification('no link');
  expect(progress).toContain('Ensuring the runtime of web');
  expect(progress).toContain('[no link] (command:workbench.action.quit)');
  await workbench.row('Ensuring the runtime').waitFor();
  expect(await workbench.statusItem('sandlight.readiness')).toBe('Sandlight, web: starting');
  await workbench.screenshot(screenshotFile('ensure'));
  await workbench.page.locator('.notification-list-item').getByRole('button', { name: 'Cancel' }).click();
  await workbench.notification('No longer watching web; the guest goes on by itself.');
  await workbench.row(/^web, sandbox, degraded, dockerd not ready$/).waitFor();

  // A window that is reloaded meanwhile shows what the guest says then.
  await workbench.runCommand('Sandlight: Ensure Runtime');
  await workbench.row('Ensuring the runtime').waitFor();
  agent.script.runtime.services = [{ name: 'dockerd', status: 'starting', detail: '' }];
  await workbench.page.reload();
  await workbench.row(/^web, sandbox, starting/).waitFor();
  expect(await workbench.row('Ensuring the runtime').count()).toBe(0);

  await workbench.runCommand('Sandlight: Find in Sandboxes');
  await workbench.page.locator('.part.sidebar .monaco-tree-type-filter input').waitFor();

  await workbench.runCommand('Sandlight: Show Log');
  await workbench.page
    .locator('.part.panel')
    .getByText(/web:.connected.to/)
    .first()
    .waitFor();

  await workbench.page.locator('.part.statusbar [id$="sandlight.readiness"]').click();
  await workbench.quickInput.getByRole('option', { name: 'Ensure Runtime' }).waitFor();
});

test('by keyboard alone a sandbox is added by a guided input that tests it first, edited, copied and removed', async () => {
  const agent = await scriptedAgent();
  const workbench = await openSandlight({ settings: { 'sandlight.localAgent.autoStart': false } });
  const { page, quickInput } = workbench;
  const { keyboard } = page;
  const welcome = page.locator('.part.sidebar .welcome-view');
  await welcome.getByRole('button', { name: 'Show This Machine' }).waitFor();
  await workbench.screenshot(screenshotFile('welcome'));
  await welcome.getByRole('button', { name: 'Add Sandbox' }).press('Enter');

  await quickInput.getByPlaceholder('How is its guest agent reached?').waitFor();
  await workbench.screenshot(screenshotFile('add-kinds'));
  await keyboard.type('Paste');
  await keyboard.press('Enter');
  await quickInput.getByText('Where does its guest agent listen?').waitFor();
  await workbench.answer('nonsense');
  await quickInput.getByText('"nonsense" is not an endpoint').waitFor();
  await quickInput.getByRole('button', { name: 'Back' }).press('Enter');

  await quickInput.getByPlaceholder('How is its guest agent reached?').waitFor();
  await keyboard.type('Socket file');
  await keyboard.press('Enter');
  await quickInput.getByText('Which socket?').waitFor();
  await workbench.answer(agent.endpoint.replace('arcbox+unix://', ''));
  await quickInput.getByPlaceholder('What does the agent speak?').waitFor();
  await keyboard.press('Enter');
  await quickInput.getByText('How shall it be called?').waitFor();
  await workbench.answer('$(flame) box');
  await workbench.notification(/\$ \(flame\) box answered after/);
  const row = workbench.row('$(flame) box, sandbox, degraded');
  await row.waitFor();
  expect(await workbench.statusItem('sandlight.readiness')).toContain('$(flame) box: degraded');
  await workbench.screenshot(screenshotFile('hostile-name'));

  await keyboard.press('F1');
  await workbench.answer('>Focus on Sandboxes View');
  await keyboard.press('Home');
  await keyboard.press('F2');
  await quickInput.getByText('How shall it be called?').waitFor();
  await workbench.answer('box');
  await quickInput.getByText('Where does its guest agent listen?').waitFor();
  await keyboard.press('Enter');
  // Neither the key nor what it did has closed the row.
  await workbench.row(/^dockerd, service/).waitFor();
  await workbench.row(/^box, sandbox, degraded/).waitFor();

  await keyboard.press('F1');
  await workbench.answer('>Focus on Sandboxes View');
  await keyboard.press('Home');
  await keyboard.press('Control+C');
  await page.locator('.part.statusbar', { hasText: `Copied ${agent.endpoint}` }).waitFor();
  await keyboard.press('Delete');
  await page.locator('.monaco-dialog-box', { hasText: 'Remove box from the settings?' }).waitFor();
  await keyboard.press('Enter');
  await welcome.getByRole('button', { name: 'Show This Machine' }).waitFor();
});
