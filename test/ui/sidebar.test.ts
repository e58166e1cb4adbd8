import { expect, test } from 'vitest';
import { openSandlight, screenshotFile } from './workbench.ts';

test('the side bar shows the sandbox, the status bar its readiness, and the palette its commands', async () => {
  const workbench = await openSandlight();
  await workbench.row('containerd').waitFor();
  const rows = await workbench.rows();
  expect(rows.map(({ label, level }) => ({ label, level }))).toEqual([
    { label: 'This machine', level: 1 },
    { label: 'Services', level: 2 },
    { label: 'containerd, not ready', level: 3 },
  ]);
  expect(await workbench.statusItem('sandlight.readiness')).toContain('Sandlight: not ready');
  await workbench.runCommand('Sandlight: Refresh');
  expect(await workbench.notification('refreshed')).toContain('Sandlight refreshed.');
  await workbench.screenshot(screenshotFile('sidebar'));
});
