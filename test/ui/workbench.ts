import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { outDir } from '../../scripts/vscode/paths.mts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../../scripts/vscode/workbench.mts';

/** Where the pictures go: `out/screenshots/NAME.png`. */
export const screenshotFile = (name: string): string => join(outDir, 'screenshots', `${name}.png`);

/** A window with the packed extension, closed after the test; a picture is kept when the test fails. */
export async function openSandlight(options: WorkbenchOptions = {}): Promise<Workbench> {
  const workbench = await openWorkbench({ extensionsDir: inject('extensionsDir'), ...options });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') {
      await workbench.screenshot(screenshotFile(`failed ${task.name.replace(/[^\w ]/g, '')}`));
    }
    await workbench.close();
  });
  await workbench.revealContainer('Sandlight');
  return workbench;
}
