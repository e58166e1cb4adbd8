import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Everything fetched or kept between runs; ignored by git. */
export const cacheDir = join(root, '.vscode-test');

/** What the build, the tests and the screenshots leave behind; ignored by git. */
export const outDir = join(root, 'out');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Where `npm run package` puts the extension. */
export const vsixFile = join(root, `sandlight-${version}.vsix`);
