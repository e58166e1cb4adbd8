// Packs the extension into sandlight-<version>.vsix; vsce runs the build first.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { statSync } from 'node:fs';
import { root, vsixFile } from './vscode/paths.mts';

const args = [
  'package',
  '--no-dependencies',
  '--allow-missing-repository',
  '--no-rewrite-relative-links',
  '--out',
  vsixFile,
];
const { status } = spawnSync('vsce', args, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
console.log(`${basename(vsixFile)}: ${(statSync(vsixFile).size / 1024).toFixed(1)} KiB`);
