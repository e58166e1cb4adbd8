import { expect, test } from 'vitest';
import { openSandlight, screenshotFile } from './workbench.ts';

const serviceRow = /^(containerd|dockerd), service, \w/;

test('with nothing configured, the bundled agent shows the services of this machine', async () => {
  const workbench = await openSandlight();
  await workbench.row(serviceRow).waitFor();
  const rows = await workbench.rows();
  expect(rows[0]).toMatchObject({ level: 1, expanded: true });
  expect(rows[0]?.label).toMatch(/^This machine, sandbox, (ready|degraded|not ready)(, |$)/);
  expect(rows.filter(({ label }) => serviceRow.test(label)).map(({ level }) => level)).toEqual([3, 3]);
  expect(rows.find(({ label }) => label.startsWith('Ports'))).toMatchObject({ level: 2, expanded: true });
  expect(rows.find(({ label }) => label.startsWith('System'))).toMatchObject({ level: 2, expanded: false });

  const word = /sandbox, ([^,]*)/.exec(rows[0]?.label ?? '')?.[1];
  expect(await workbench.statusItem('sandlight.readiness')).toContain(`This machine: ${word}`);
  await workbench.screenshot(screenshotFile('sidebar'));

  await workbench.runCommand('Sandlight: Ping');
  expect(await workbench.notification('answered')).toMatch(/This machine answered 5 of 5 pings: .* median/);
});
