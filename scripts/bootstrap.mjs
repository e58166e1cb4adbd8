// Runs `node <script> <arguments...>` with the project's own Node and packages, installing them first when they are
// missing: `npm start` and `npm test` work in a fresh clone. Imports nothing but what Node 20 brings.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** True when every pinned dependency lies in node_modules in its pinned version. */
function installed() {
  const { dependencies, devDependencies } = readJson('package.json');
  return Object.entries({ ...dependencies, ...devDependencies }).every(([name, version]) => {
    const manifest = `node_modules/${name}/package.json`;
    return existsSync(join(root, manifest)) && readJson(manifest).version === version;
  });
}

if (!installed()) {
  console.error('Installing packages (npm ci)...');
  // On Windows npm is a .cmd file, which only a shell can start.
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell,
  });
  if (status !== 0) {
    console.error('npm ci failed; its output above says why.');
    process.exit(1);
  }
}

const bin = join(root, 'node_modules', '.bin');
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const child = spawn(node, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
});
// The child stops what it started; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// A killed npm does not tell its script.
const { ppid } = process;
setInterval(() => process.ppid !== ppid && child.kill(), 1_000).unref();
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
