// `npm test [-- TIER...]`: every check and test tier, a table of results, and one line that sums them up.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { outDir, root } from './vscode/paths.mts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Titles. */
  readonly skipped: readonly string[];
}

/** The part of vitest's JSON report that counts here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const results = join(outDir, 'results');

/** Runs an npm script; true when it succeeds. */
function npmRun(script: string, ...args: string[]): boolean {
  const { status } = spawnSync('npm', ['run', '--silent', script, '--', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}

/** An npm script that passes or fails as a whole, counted as one test. */
const check = (script: string) => (): Counts =>
  npmRun(script) ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] };

/** Runs a tier that leaves a report in out/results; one that fails without a failed test counts as one. */
function tier(name: string, args: readonly string[], read: (report: unknown) => Counts): Counts {
  const file = join(results, `${name}.json`);
  rmSync(file, { force: true });
  const succeeded = npmRun(`test:${name}`, ...args);
  let counts: Counts = { passed: 0, failed: 0, skipped: [] };
  try {
    counts = read(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.error(`${name}: no report: ${String(error)}`);
  }
  const silent = counts.passed + counts.failed === 0;
  return { ...counts, failed: Math.max(counts.failed, succeeded && !silent ? 0 : 1) };
}

function readVitest(report: unknown): Counts {
  const { testResults } = report as VitestReport;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + brokenFiles.length,
    skipped: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName.trim()),
  };
}

const vitest = (name: string) => (): Counts =>
  tier(
    name,
    ['--reporter=default', '--reporter=json', `--outputFile.json=${join(results, `${name}.json`)}`],
    readVitest,
  );

const tiers: Readonly<Record<string, () => Counts>> = {
  'format:check': check('format:check'),
  lint: check('lint'),
  typecheck: check('typecheck'),
  'generate:check': check('generate:check'),
  build: check('build'),
  unit: vitest('unit'),
  peers: vitest('peers'),
  host: () => tier('host', [], (report) => report as Counts),
  ui: vitest('ui'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in tiers));
if (unknown.length > 0) {
  console.error(`There is no tier ${unknown.join(', ')}; there are ${Object.keys(tiers).join(', ')}.`);
  process.exit(2);
}

mkdirSync(results, { recursive: true });
const table: string[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };
const skippedTests: string[] = [];
for (const [name, run] of Object.entries(tiers)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const startedAt = Date.now();
  const { passed, failed, skipped } = run();
  const seconds = (Date.now() - startedAt) / 1000;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped.length;
  skippedTests.push(...skipped.map((title) => `skipped (${name}): ${title}`));
  const cells = [passed, failed, skipped.length, seconds.toFixed(1)].map((cell) => String(cell).padStart(9));
  table.push(name.padEnd(16) + cells.join(''));
}
console.log(`\n${'tier'.padEnd(16)}   passed   failed  skipped  seconds`);
console.log(table.join('\n'));
if (skippedTests.length > 0) console.log(skippedTests.join('\n'));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
