import { expect, onTestFinished, test } from 'vitest';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { openSandlight, screenshotFile } from './workbench.ts';

test('a click on a port only selects it, Enter opens it, and its grouping is remembered', async () => {
  const agent = await ScriptedAgent.start();
  onTestFinished(() => agent.close());
  agent.publish('c0ffee', { containerPort: 5432, hostPort: 15432, protocol: 'tcp', hostIp: '127.0.0.1' });
  const workbench = await openSandlight({
    settings: { 'sandlight.sandboxes': [{ name: 'web', endpoint: agent.endpoint }] },
  });
  const { page, quickInput } = workbench;
  const port = workbench.row('Port 5432');
  await port.click();
  await page.locator('.part.sidebar .monaco-list-row.selected[aria-label*="Port 5432"]').waitFor();
  expect(await quickInput.isVisible()).toBe(false);
  await page.keyboard.press('Enter');
  await quickInput.getByPlaceholder('What is port 5432 used for?').waitFor();
  await quickInput.getByRole('option', { name: 'Copy localhost:15432' }).waitFor();
  await workbench.screenshot(screenshotFile('port-use'));
  await page.keyboard.press('Escape');

  // Enter still opens and closes what it always did.
  const group = workbench.row(/^Services/);
  await group.click();
  const expanded = await group.getAttribute('aria-expanded');
  await page.keyboard.press('Enter');
  await workbench.until(
    'the group to turn',
    async () => (await group.getAttribute('aria-expanded')) !== expanded,
  );

  await page.locator('.part.sidebar').getByRole('button', { name: 'Group Ports by Container' }).click();
  await workbench.row(/^c0ffee, container/).waitFor();
  await page.reload();
  await workbench.row(/^c0ffee, container/).waitFor();
  await workbench.screenshot(screenshotFile('ports-by-container'));
});
