// `npm run mutate`: changes the pure parts of the program a little at a time, runs the tests that concern them, and says
// which changes none of them noticed. `npm run mutate -- text frame` takes only the files with these words in their paths.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheNpmPackages } from './cached.mts';
import { cacheDir, root } from './vscode/paths.mts';

/** Fetched when first wanted, because it is large and nobody needs it to build or test. */
const strykerVersion = '10.1.1';

/** The least part of its mutants, in percent, that the tests of a file must notice. */
const minScore = 90;

/** The pure parts below `src`, and the tests below `test/unit` that concern them: the fewer, the faster. */
const pureParts: Readonly<Record<string, readonly string[]>> = {
  'agent/arcbox/frame.ts': [
    'agent/arcbox/frame.test.ts',
    'agent/framed-channel.test.ts',
    'agent/foreign-protocol.test.ts',
  ],
  'agent/arcbox/port-gatherer.ts': [
    'agent/arcbox/port-gatherer.test.ts',
    'agent/arcbox/follow-ports.test.ts',
  ],
  'agent/wire/frame-length.ts': ['agent/arcbox/frame.test.ts', 'agent/framed-channel.test.ts'],
  'agent/wire/protobuf.ts': ['agent/protobuf.test.ts', 'agent/protobuf-limits.test.ts'],
  'agent/wire/ttrpc-frame.ts': ['agent/ttrpc-frame.test.ts', 'agent/foreign-protocol.test.ts'],
  'base/byte-queue.ts': ['agent/byte-queue.test.ts'],
  'base/ip-address.ts': ['base/ip-address.test.ts'],
  'base/text.ts': ['base/text.test.ts'],
  'base/turnstile.ts': ['base/turnstile.test.ts'],
  'sandboxes/model/connection.ts': ['sandboxes/connection.test.ts'],
  'sandboxes/model/guest-facts.ts': ['sandboxes/guest-facts.test.ts', 'sandboxes/port-book.test.ts'],
  'sandboxes/model/port-book.ts': ['sandboxes/port-book.test.ts'],
  'sandboxes/model/readiness.ts': ['sandboxes/readiness.test.ts'],
  'views/tree/forest.ts': ['views/forest.test.ts', 'views/sandbox-tree.test.ts'],
};

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** @returns the program of StrykerJS, which is installed into `.vscode-test/` unless it is there */
function installStryker(): string {
  // Below the project's folder, so that it finds the project's own vitest.
  const target = join(cacheDir, `stryker@${strykerVersion}`);
  const program = join(target, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  if (existsSync(program)) return program;
  console.error(`Installing StrykerJS ${strykerVersion} (about 60 MB, into .vscode-test/)...`);
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${strykerVersion}`);
  cacheNpmPackages(target, packages, ['--legacy-peer-deps']);
  return program;
}

/** @returns the part of the mutants that was noticed, in percent; `undefined` where there are no results */
function mutate(program: string, file: string, tests: readonly string[]): number | undefined {
  const workDir = join(cacheDir, 'mutate');
  mkdirSync(workDir, { recursive: true });
  const name = basename(file, '.ts');
  const reportFile = join(workDir, `${name}.json`);
  const configFile = join(workDir, `${name}.config.json`);
  rmSync(reportFile, { force: true });
  const config = {
    mutate: [`src/${file}`],
    testRunner: 'vitest',
    vitest: { configFile: join(root, 'scripts/mutate/vitest.config.mts'), related: false },
    plugins: ['@stryker-mutator/vitest-runner', join(root, 'scripts/mutate/words.mjs')],
    ignorers: ['words'],
    coverageAnalysis: 'perTest',
    concurrency: 2,
    // Types are not looked at when tests run.
    disableTypeChecks: false,
    ignorePatterns: ['**', '!{src,test,l10n,media,proto}/**', '!package*.json'],
    tempDirName: '.vscode-test/mutate/copies',
    reporters: ['clear-text', 'json'],
    clearTextReporter: { logTests: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: reportFile },
    allowEmpty: false,
  };
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  const { status } = spawnSync(process.execPath, [program, 'run', configFile], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MUTATE_TESTS: tests.map((test) => `test/unit/${test}`).join(',') },
  });
  if (status !== 0 || !existsSync(reportFile)) return undefined;
  const { files } = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  const mutants = Object.values(files).flatMap((entry) => entry.mutants);
  const count = (...statuses: readonly string[]): number =>
    mutants.filter((mutant) => statuses.includes(mutant.status)).length;
  const noticed = count('Killed', 'Timeout');
  return (100 * noticed) / (noticed + count('Survived', 'NoCoverage'));
}

const words = process.argv.slice(2);
const chosen = Object.entries(pureParts).filter(
  ([file]) => words.length === 0 || words.some((word) => file.includes(word)),
);
if (chosen.length === 0) {
  console.error(`No pure part has ${words.join(' or ')} in its path: ${Object.keys(pureParts).join(', ')}.`);
  process.exit(2);
}
const program = installStryker();
const scores = chosen.map(([file, tests]) => ({ file, score: mutate(program, file, tests) }));
for (const { file, score } of scores)
  console.log(`${score === undefined ? 'failed' : `${score.toFixed(1)} %`}\t${file}`);
const missed = scores.filter(({ score }) => score === undefined || score < minScore);
if (missed.length > 0) {
  console.error(
    `${missed.length} of ${scores.length} are below ${minScore} %; what survived is listed above.`,
  );
  process.exitCode = 1;
}
