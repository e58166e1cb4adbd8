// Renders media/icon.svg into media/icon.png, the picture that extension galleries show.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './vscode/browser.mts';
import { root } from './vscode/paths.mts';

const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
await page.setContent(
  `<style>body { margin: 0 }</style>${readFileSync(join(root, 'media/icon.svg'), 'utf8')}`,
);
await page.screenshot({ path: join(root, 'media/icon.png'), omitBackground: true });
await browser.close();
