// Runs test/host inside a real extension host: `npm run test:host [-- REPORT [EDITOR]]` leaves the counts in REPORT.
//   EDITOR                            the VS Code server of this version, such as 1.105
//   VSCODE_EXECUTABLE=/usr/bin/code   a desktop VS Code on this machine
//   VSCODE_VERSION=1.105.0            one to download (also "stable")
//   none of these                     Linux: the newest VS Code server; elsewhere: "stable"
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { newestEditor } from './vscode/install.mts';
import { outDir, root } from './vscode/paths.mts';

const { VSCODE_EXECUTABLE: executable, VSCODE_VERSION: version } = process.env;
const results = join(outDir, 'results');
mkdirSync(results, { recursive: true });
const [report = join(results, 'host.json'), editor] = process.argv.slice(2);

/** The program that stands for VS Code, and what it is told besides. */
function chosenEditor(): { vscodeExecutablePath?: string; version?: string; launchArgs?: string[] } {
  if (editor === undefined) {
    if (executable !== undefined) return { vscodeExecutablePath: executable };
    if (version !== undefined || process.platform !== 'linux') return { version: version ?? 'stable' };
  }
  return {
    vscodeExecutablePath: join(root, 'scripts', 'vscode', 'stand-in.mts'),
    launchArgs: [`--server=${editor ?? newestEditor}`],
  };
}

try {
  await runTests({
    ...chosenEditor(),
    extensionDevelopmentPath: root,
    extensionTestsPath: join(outDir, 'test', 'host', 'index.js'),
    extensionTestsEnv: { SANDLIGHT_HOST_RESULTS: report },
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
