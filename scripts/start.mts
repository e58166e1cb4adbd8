// `npm start`: builds, packs and installs the extension, then opens VS Code with it until Ctrl-C: the desktop program
// where there is one, otherwise VS Code as a web page. `npm start -- --smoke [PNG]` looks at that page itself.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findDesktop, openDesktop } from './vscode/desktop.mts';
import { outDir, root, vsixFile } from './vscode/paths.mts';
import { installExtension, startServer } from './vscode/server.mts';
import { smoke } from './vscode/smoke.mts';

const { values, positionals } = parseArgs({
  options: { smoke: { type: 'boolean', default: false } },
  allowPositionals: true,
});
/** Where the person stood; npm itself moves to the project's folder. */
const startedIn = process.env['INIT_CWD'] ?? root;

/** Resolves when the person, or the system, wants the end. */
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
});

console.error('Building the extension...');
// Standard output is kept for what this program has to say.
const packed = spawnSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: ['ignore', 2, 2] });
if (packed.status !== 0) process.exit(1);

const extensionsDir = mkdtempSync(join(tmpdir(), 'sandlight-'));
try {
  const desktop = values.smoke ? undefined : findDesktop();
  if (desktop !== undefined) {
    await openDesktop(desktop, vsixFile, startedIn, interrupted);
  } else {
    installExtension(vsixFile, extensionsDir);
    if (values.smoke) {
      const picture = resolve(startedIn, positionals[0] ?? join(outDir, 'screenshots', 'smoke.png'));
      const seen = smoke({ extensionsDir }, picture);
      const stopped = interrupted.then(() => {
        throw new Error('Interrupted.');
      });
      console.log(JSON.stringify(await Promise.race([seen, stopped]), null, 2));
    } else {
      const server = await startServer({ extensionsDir });
      console.log(`VS Code with Sandlight: ${server.pageUrl(startedIn)}`);
      console.log('Sandlight is the sun in the box on the left. Ctrl-C stops everything.');
      await interrupted;
      await server.stop();
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(extensionsDir, { recursive: true, force: true });
}
process.exit();
