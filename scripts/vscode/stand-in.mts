#!/usr/bin/env node
// Stands in for the desktop program where `@vscode/test-electron` starts it: takes its arguments, runs the tests in the
// extension host of a VS Code server, prints what they print, and exits with their code.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, parseArgs } from 'node:util';
import { launchBrowser } from './browser.mts';
import { editorVersions, newestEditor } from './install.mts';
import { type Server, startServer } from './server.mts';

const runTimeoutMs = 10 * 60_000;

const { values, positionals } = parseArgs({
  options: {
    extensionDevelopmentPath: { type: 'string' },
    extensionTestsPath: { type: 'string' },
    /** Which VS Code, by its version. */
    server: { type: 'string' },
  },
  allowPositionals: true,
  // The desktop program's other flags mean nothing here.
  strict: false,
});

/** A path as the workbench in the browser names it: on the server's side. */
function remote({ authority }: Server, path: unknown): string {
  if (typeof path !== 'string')
    throw new Error('--extensionDevelopmentPath and --extensionTestsPath are needed.');
  return `vscode-remote://${authority}${path}`;
}

const version = editorVersions.find((known) => known === values.server) ?? newestEditor;
const emptyFolder = mkdtempSync(join(tmpdir(), 'sandlight-'));
const server = await startServer({ testDriver: true, version });
const browser = await launchBrowser().catch(async (error: unknown) => {
  await server.stop();
  throw error;
});
let code = 1;
try {
  const page = await browser.newPage();
  const exited = new Promise<number>((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(`${why} The server printed:\n${server.log()}`));
    };
    setTimeout(fail, runTimeoutMs, `The tests did not end within ${runTimeoutMs / 60_000} minutes.`).unref();
    page.on('crash', () => {
      fail('The page crashed.');
    });
    void page.exposeFunction('codeAutomationExit', resolve);
  });
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    (type === 'error' ? process.stderr : process.stdout).write(`${format(...args)}\n`);
  });
  const payload = {
    extensionDevelopmentPath: remote(server, values.extensionDevelopmentPath),
    extensionTestsPath: remote(server, values.extensionTestsPath),
    skipWelcome: 'true',
  };
  await page.goto(server.pageUrl(positionals[0] ?? emptyFolder, payload));
  code = await exited;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  await browser.close();
  await server.stop();
  rmSync(emptyFolder, { recursive: true, force: true });
}
process.exit(code);
