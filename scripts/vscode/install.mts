// Fetches what a machine without a desktop needs to run VS Code. See CONTRIBUTING.md.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheDir } from './paths.mts';

/** The npm package that carries the VS Code server, the workbench and the extension host (VS Code 1.139.1). */
const codeServer = 'code-server@4.139.1';

const npmFlags = ['--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Installs the VS Code server into `.vscode-test/` unless it is there.
 *
 * @returns the path of its `server-main.js`
 */
export function installServer(): string {
  const target = join(cacheDir, codeServer);
  const main = join(target, 'out', 'server-main.js');
  if (existsSync(main)) return main;
  console.error(`Installing the VS Code server (${codeServer}, about 570 MB, into .vscode-test/)...`);
  mkdirSync(cacheDir, { recursive: true });
  // Built aside and renamed when complete, so that an interrupted installation is never taken for a good one.
  const staging = mkdtempSync(join(cacheDir, 'staging-'));
  try {
    const packed = execFileSync('npm', ['pack', codeServer, '--silent', '--pack-destination', staging], {
      encoding: 'utf8',
    }).trim();
    execFileSync('tar', ['-xzf', packed, 'package/lib/vscode'], { cwd: staging });
    const unpacked = join(staging, 'package', 'lib', 'vscode');
    // Not `npm ci`: the package's shrinkwrap does not match its manifest.
    execFileSync('npm', ['install', '--omit=dev', '--ignore-scripts', ...npmFlags], {
      cwd: unpacked,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const native of ['spdlog', 'native-watchdog']) {
      const stub = join(unpacked, 'node_modules', '@vscode', native, 'index.js');
      copyFileSync(join(import.meta.dirname, `${native}.cjs`), stub);
    }
    renameSync(unpacked, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return main;
}

/**
 * Finds Chromium (`CHROMIUM_EXECUTABLE`, then the PATH), or installs Debian's when this process may.
 *
 * @returns the path of the executable
 * @throws Error saying what to install, where there is none and none can be installed
 */
export function installChromium(): string {
  const found = process.env['CHROMIUM_EXECUTABLE'] ?? findChromium();
  if (found !== undefined) return found;
  const mayInstall = process.getuid?.() === 0 && onPath('apt-get') !== undefined;
  if (!mayInstall) {
    throw new Error(
      'Chromium is missing. Install it (Debian: apt-get install chromium), or set CHROMIUM_EXECUTABLE to a Chromium or Chrome.',
    );
  }
  console.error('Installing Chromium (apt-get install chromium)...');
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { status } = spawnSync('apt-get', ['-qq', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed; its output above says why.`);
  }
  const installed = findChromium();
  if (installed === undefined) throw new Error('Chromium was installed, but is not on the PATH.');
  return installed;
}

function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].map(onPath).find((path) => path !== undefined);
}

/** The full path of a program on the PATH. */
export function onPath(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, program))
    .find(existsSync);
}
