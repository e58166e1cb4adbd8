import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { FrameLocator } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import type { Workbench } from '../../scripts/vscode/workbench.mts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { openSandlight, screenshotFile } from './workbench.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A window with the details of the sandbox `web`, and the agent behind it. */
async function openDetails(
  colorTheme: string,
  zoom = 1,
): Promise<{ workbench: Workbench; panel: FrameLocator; agent: ScriptedAgent }> {
  const agent = await ScriptedAgent.start();
  onTestFinished(() => agent.close());
  agent.script.system = { ...agent.script.system, loadAverage: [0.5, 0.4, 0.3], cpuCount: 4 };
  const workbench = await openSandlight({
    ...{ colorTheme, zoom },
    settings: { 'sandlight.sandboxes': [{ name: 'web', endpoint: agent.endpoint }] },
  });
  await workbench.row('dockerd, service, not ready').waitFor();
  await workbench.runCommand('Sandlight: Show Details');
  const panel = workbench.webview();
  await panel.getByRole('heading', { name: 'web', level: 1 }).waitFor();
  await panel.getByRole('img', { name: 'Memory in use: Latest 50 %' }).waitFor();
  await panel.getByRole('img', { name: 'Round trip: Latest' }).waitFor();
  return { workbench, panel, agent };
}

/** What axe finds wrong in the panel. */
async function violations(workbench: Workbench): Promise<string[]> {
  const page = await workbench.webview().locator('html').elementHandle();
  const frame = await page.ownerFrame();
  if (frame === null) throw new Error('The panel has no frame.');
  await frame.evaluate(axeSource);
  const results = await frame.evaluate<AxeResults>('axe.run()');
  return results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(', ')}`,
  );
}

test('the panel draws charts with a text for each, and follows the sandbox', async () => {
  const { workbench, panel, agent } = await openDetails('Default Dark Modern');
  for (const title of ['Round trip', 'Load on 4 processors', 'Memory in use']) {
    const chart = panel.getByRole('img', { name: new RegExp(`^${title}: Latest .*, between .* and .*`) });
    expect(await chart.locator('canvas').count()).toBe(1);
  }
  const pixels = await panel
    .locator('[data-chart=memory] canvas')
    .evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL().length);
  expect(pixels).toBeGreaterThan(1000);
  expect(await panel.getByRole('status').innerText()).toBe('degraded');
  expect(await panel.locator('.facts').innerText()).toMatch(/Agent version\s+9\.9\.9/);
  expect(await panel.locator('.boot').innerText()).toBe('');

  await agent.vanish();
  await panel.getByRole('status').getByText('unreachable').waitFor();
  expect(await panel.locator('.notice').innerText()).toMatch(/^Connection lost.*agent\.sock/);
  const changes = await panel.locator('.timeline tbody tr').allInnerTexts();
  const told = changes.map((text) => text.split('\t').map((cell) => cell.trim()));
  expect(told[0]?.[3]).toMatch(/\w/);
  expect(told.slice(0, 2).map(([word]) => word)).toEqual(['unreachable', 'degraded']);
  expect(workbench.consoleErrors.filter((text) => /Content Security Policy|details\.js/.test(text))).toEqual(
    [],
  );
  await workbench.screenshot(screenshotFile('details'));
});

test('the keyboard reaches the values behind every chart', async () => {
  const { workbench, panel } = await openDetails('Default Light Modern');
  const { keyboard } = workbench.page;
  await panel.locator('[data-chart=roundTrip] summary').focus();
  await keyboard.press('Enter');
  await panel.getByRole('table', { name: 'Round trip' }).waitFor();
  await keyboard.press('Tab');
  await panel.getByRole('region', { name: 'Round trip' }).and(panel.locator(':focus')).waitFor();
  await keyboard.press('Tab');
  await keyboard.press('Space');
  const load = panel.getByRole('table', { name: 'Load on 4 processors' });
  expect((await load.locator('tbody tr').first().innerText()).split('\t')[1]).toBe('0.50');
  expect(await panel.getByRole('table', { name: 'Memory in use' }).count()).toBe(0);
});

test('charts shrink with their columns when the side bar comes back', async () => {
  const { workbench, panel } = await openDetails('Default Dark Modern');
  const widths = async (): Promise<{ page: number; canvas: number; column: number }> => {
    const page = await panel
      .locator('html')
      .evaluate(({ clientWidth }: { clientWidth: number }) => clientWidth);
    const plot = panel.locator('[data-chart=memory] .plot');
    const canvas = (await plot.locator('canvas').boundingBox())?.width ?? 0;
    return { page, canvas, column: (await plot.boundingBox())?.width ?? 0 };
  };
  const narrow = await widths();
  await workbench.runCommand('View: Close Primary Side Bar');
  await workbench.until('the charts to grow', async () => (await widths()).canvas > narrow.canvas);
  await workbench.revealContainer('Sandlight');
  await workbench.until('the charts to shrink', async () => {
    const { page, canvas, column } = await widths();
    return page <= narrow.page && canvas <= column && canvas <= narrow.canvas;
  });
});

test('the keyboard presses a button, which acts on the sandbox of the panel', async () => {
  const { workbench, panel } = await openDetails('Default Light Modern');
  const { keyboard } = workbench.page;
  const buttons = panel.getByRole('group', { name: 'Actions' }).getByRole('button');
  expect(await buttons.allInnerTexts()).toContain('Restart Connection');
  await panel.getByRole('button', { name: 'Ping' }).focus();
  await keyboard.press('Enter');
  expect(await workbench.notification('pings')).toMatch(/^web answered 5 of 5 pings/);
});

test('the panel is back when the window is loaded again', async () => {
  const { workbench, panel } = await openDetails('Default Dark Modern');
  // Not the browser's own reload, which leaves the workbench no time to save which editors are open.
  await workbench.runCommand('Developer: Reload Window');
  await panel.locator('html').waitFor({ state: 'detached' });
  await panel.getByRole('heading', { name: 'web', level: 1 }).waitFor();
  await panel.getByRole('status').getByText('degraded').waitFor();
  await panel.locator('canvas').nth(2).waitFor();
});

test('a name is shown as it is written, never as markup', async () => {
  const agent = await ScriptedAgent.start();
  onTestFinished(() => agent.close());
  agent.script.system = { ...agent.script.system, hostname: '<img src=x onerror=alert(1)>' };
  const workbench = await openSandlight({
    settings: { 'sandlight.sandboxes': [{ name: '<b>web</b>', endpoint: agent.endpoint }] },
  });
  await workbench.row('dockerd, service, not ready').waitFor();
  await workbench.runCommand('Sandlight: Show Details');
  const panel = workbench.webview();
  await panel.getByText('<img src=x onerror=alert(1)>').waitFor();
  expect(await panel.getByRole('heading', { level: 1 }).innerText()).toBe('<b>web</b>');
  expect(await panel.locator('img[src], b').count()).toBe(0);
});

const themes = [
  'Default Dark Modern',
  'Default Light Modern',
  'Default High Contrast',
  'Default High Contrast Light',
];

test.for(themes)('axe finds nothing wrong in %s', async (theme) => {
  const { workbench, panel } = await openDetails(theme);
  for (const summary of await panel.locator('summary').all()) await summary.click();
  expect(await violations(workbench)).toEqual([]);
  await workbench.screenshot(screenshotFile(`details ${theme}`));
});

test('at 200 % nothing is cut off', async () => {
  const { workbench, panel } = await openDetails('Default Dark Modern', 2);
  const overflow = await panel
    .locator('html')
    .evaluate((page: { scrollWidth: number; clientWidth: number }) => page.scrollWidth - page.clientWidth);
  expect(overflow).toBe(0);
  expect(await violations(workbench)).toEqual([]);
  await workbench.screenshot(screenshotFile('details 200 percent'));
});
