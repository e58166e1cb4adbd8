// Fetches what a machine without a desktop needs to run VS Code. See CONTRIBUTING.md.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { makeCached } from '../cached.mts';
import { installNode, type NodeMajor } from '../node.mts';
import { cacheDir } from './paths.mts';

/** A release of VS Code by its version. */
export type EditorVersion = '1.105' | '1.139';

/** The oldest that the manifest allows, and the newest that can be had. */
export const editorVersions: readonly EditorVersion[] = ['1.105', '1.139'];

/** What runs where nothing else is said. */
export const newestEditor: EditorVersion = '1.139';

interface Editor {
  /** The npm package that carries the VS Code server, the workbench and the extension host. */
  readonly codeServer: string;
  readonly node: NodeMajor;
  /** Dependencies whose versions its package.json names by an address that may be out of reach. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

const editors: Readonly<Record<EditorVersion, Editor>> = {
  '1.105': {
    codeServer: 'code-server@4.105.1',
    node: 22,
    dependencies: { '@parcel/watcher': '^2.5.1' },
  },
  '1.139': { codeServer: 'code-server@4.139.1', node: 24 },
};

const npmFlags = ['--no-audit', '--no-fund', '--loglevel=error'];

/** A VS Code server that can be started. */
export interface InstalledServer {
  /** The Node it is made for. */
  readonly node: string;
  /** Its `server-main.js`. */
  readonly main: string;
}

/**
 * Installs a VS Code server, and the Node it is made for, into `.vscode-test/` unless they are there.
 *
 * @throws Error saying what cannot be had on this machine
 */
export function installServer(version: EditorVersion = newestEditor): InstalledServer {
  const editor = editors[version];
  return { node: installNode(editor.node), main: installMain(editor) };
}

/** @returns the path of `server-main.js` */
function installMain({ codeServer, dependencies }: Editor): string {
  const target = join(cacheDir, codeServer);
  const main = join(target, 'out', 'server-main.js');
  if (existsSync(main)) return main;
  console.error(`Installing the VS Code server (${codeServer}, about 570 MB, into .vscode-test/)...`);
  makeCached(target, (staging) => {
    const packed = execFileSync('npm', ['pack', codeServer, '--silent', '--pack-destination', staging], {
      encoding: 'utf8',
    }).trim();
    execFileSync('tar', ['-xzf', packed, 'package/lib/vscode'], { cwd: staging });
    const unpacked = join(staging, 'package', 'lib', 'vscode');
    if (dependencies !== undefined) replaceDependencies(unpacked, dependencies);
    // Not `npm ci`: the package's shrinkwrap does not match its manifest.
    execFileSync('npm', ['install', '--omit=dev', '--ignore-scripts', ...npmFlags], {
      cwd: unpacked,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const native of ['spdlog', 'native-watchdog']) {
      const [folder] = [`@vscode/${native}`, native]
        .map((name) => join(unpacked, 'node_modules', name))
        .filter(existsSync);
      // Older releases have other names, and may lack one.
      if (folder !== undefined)
        copyFileSync(join(import.meta.dirname, `${native}.cjs`), join(folder, 'index.js'));
    }
    return unpacked;
  });
  return main;
}

function replaceDependencies(folder: string, replacements: Readonly<Record<string, string>>): void {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: object };
  manifest.dependencies = { ...manifest.dependencies, ...replacements };
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  // It would bring the replaced ones back.
  rmSync(join(folder, 'npm-shrinkwrap.json'));
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
