// Runs test/host inside a real extension host and leaves the counts in out/results/host.json.
//   VSCODE_EXECUTABLE=/usr/bin/code   a desktop VS Code on this machine
//   VSCODE_VERSION=1.105.0            one to download (also "stable")
//   neither                           Linux: the VS Code server; elsewhere: "stable"
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { outDir, root } from './vscode/paths.mts';

const { VSCODE_EXECUTABLE: executable, VSCODE_VERSION: version } = process.env;
const standIn = join(root, 'scripts', 'vscode', 'stand-in.mts');
const vscode =
  executable !== undefined
    ? { vscodeExecutablePath: executable }
    : version !== undefined || process.platform !== 'linux'
      ? { version: version ?? 'stable' }
      : { vscodeExecutablePath: standIn };

const results = join(outDir, 'results');
mkdirSync(results, { recursive: true });
try {
  await runTests({
    ...vscode,
    extensionDevelopmentPath: root,
    extensionTestsPath: join(outDir, 'test', 'host', 'index.js'),
    extensionTestsEnv: { SANDLIGHT_HOST_RESULTS: join(results, 'host.json') },
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
