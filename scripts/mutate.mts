// `npm run mutate [-- FILE...]`: changes the pure parts, one mutant at a time, and counts which changes the unit tests
// notice. StrykerJS is fetched into `.vscode-test/` on first use; the report is out/mutation.html.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, outDir, root } from './vscode/paths.mts';

const version = '10.1.1';

/** What decides what is true, without touching the world: wires, border, reducer, port book, forest. */
const pureParts = [
  'src/agent/arcbox/frame.ts',
  'src/agent/wire/protobuf.ts',
  'src/agent/wire/ttrpc-frame.ts',
  'src/base/byte-queue.ts',
  'src/base/text.ts',
  'src/sandboxes/model/connection.ts',
  'src/sandboxes/model/port-book.ts',
  'src/sandboxes/model/readiness.ts',
  'src/views/tree/forest.ts',
];

const files = process.argv.length > 2 ? process.argv.slice(2) : pureParts;
const home = join(cacheDir, `stryker@${version}`);
const program = join(home, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
if (!existsSync(program)) {
  mkdirSync(home, { recursive: true });
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${version}`);
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--legacy-peer-deps', '--ignore-scripts'];
  execFileSync('npm', ['install', '--prefix', home, ...flags, ...packages], { stdio: 'inherit' });
}
// The runner must use the very vitest that the tests import.
const runners = join(home, 'node_modules', 'vitest');
if (!existsSync(runners)) symlinkSync(join(root, 'node_modules', 'vitest'), runners, 'junction');

mkdirSync(outDir, { recursive: true });
const config = join(outDir, 'stryker.json');
writeFileSync(
  config,
  JSON.stringify({
    testRunner: 'vitest',
    plugins: [join(home, 'node_modules', '@stryker-mutator', 'vitest-runner', 'dist', 'src', 'index.js')],
    vitest: { configFile: 'scripts/mutate.config.mts' },
    mutate: files,
    ignorePatterns: ['dist', 'out', '.vscode-test', 'media', 'docs', '*.vsix'],
    reporters: ['clear-text', 'progress-append-only', 'html'],
    clearTextReporter: { logTests: false, allowColor: false },
    htmlReporter: { fileName: join(outDir, 'mutation.html') },
    tempDirName: join(outDir, 'stryker'),
    concurrency: 2,
    timeoutMS: 20_000,
    checkers: [],
    disableTypeChecks: false,
    packageManager: 'npm',
  }),
);
const { status } = spawnSync(process.execPath, [program, 'run', config], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
