import { expect, test } from 'vitest';
import { openSandlight, screenshotFile } from './workbench.ts';

test('the walkthrough has its steps, and a picture for the one that is open', async () => {
  const workbench = await openSandlight({ size: { width: 1400, height: 900 } });
  await workbench.runCommand('Welcome: Open Walkthrough...');
  await workbench.answer('Sandlight', 'Get Started with Sandlight');
  const page = workbench.page.locator('.gettingStartedContainer');
  await page.getByRole('heading', { name: 'Look at this machine' }).waitFor();
  const steps = await page.locator('.getting-started-step .step-title').allInnerTexts();
  expect(steps).toEqual(['Look at this machine', 'Add a sandbox', 'Ensure the runtime', 'Open a port']);
  const picture = page.locator('.getting-started-media img');
  await workbench.until('a picture that is loaded', async () =>
    picture.first().evaluate((image: { naturalWidth: number }) => image.naturalWidth > 0),
  );
  await workbench.screenshot(screenshotFile('walkthrough'));
});
