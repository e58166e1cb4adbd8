// Renders media/icon.svg into media/icon.png, the picture that extension galleries show. Needs pngquant.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './vscode/browser.mts';
import { root } from './vscode/paths.mts';

const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
await page.setContent(
  `<style>body { margin: 0 }</style>${readFileSync(join(root, 'media/icon.svg'), 'utf8')}`,
);
const picture = join(root, 'media/icon.png');
await page.screenshot({ path: picture, omitBackground: true });
await browser.close();
execFileSync('pngquant', ['--force', '--strip', '--speed', '1', '--output', picture, '128', picture]);
