// `npm test [-- TIER...]`: every check and test tier, a table of results, and one line that sums them up.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, installNode, type NodeMajor, nodeMajors } from './node.mts';
import { editorVersions } from './vscode/install.mts';
import { outDir, root } from './vscode/paths.mts';

interface Counts {
  readonly passed: number;
  /** At least as many as {@link failures}: a run can break outside of any test. */
  readonly failed: number;
  /** Titles, as far as they are known. */
  readonly failures?: readonly string[];
  /** Titles. */
  readonly skipped: readonly string[];
}

/** What `npm test` can be asked for by name. */
interface Tier {
  /** Such as `unit`. */
  readonly name: string;
  /** Where it runs, when it runs in several places, such as `Node 20`. */
  readonly place?: string;
  /** True when it looks at dist/ or out/test. */
  readonly needsBuild: boolean;
  readonly run: () => Counts;
}

/** The part of vitest's JSON report that counts here. */
interface VitestReport {
  readonly testResults: readonly {
    /** The file. */
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const results = join(outDir, 'results');

/** Runs a program in the project's folder; true when it succeeds. */
function succeeds(program: string, args: readonly string[], env = process.env): boolean {
  // On Windows npm is a .cmd file, which only a shell can start.
  const shell = program === 'npm' && process.platform === 'win32';
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', env, shell }).status === 0;
}

/** An npm script that passes or fails as a whole, counted as one test. */
const check = (script: string): Tier => ({
  name: script,
  needsBuild: false,
  run: () =>
    succeeds('npm', ['run', '--silent', script])
      ? { passed: 1, failed: 0, skipped: [] }
      : { passed: 0, failed: 1, skipped: [] },
});

/** Tests that leave a report in out/results; a run that fails without a failed test counts as one. */
function counted(
  name: string,
  run: (reportFile: string) => boolean,
  read: (report: unknown) => Counts,
): Counts {
  const file = join(results, `${name.replaceAll(/[^\w.]+/g, '-')}.json`);
  rmSync(file, { force: true });
  const succeeded = run(file);
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
  const failures = [
    ...tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim()),
    ...brokenFiles.map(({ name }) => name),
  ];
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failures.length,
    failures,
    skipped: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName.trim()),
  };
}

/** The tests of some vitest projects on one Node. */
function vitest(name: string, projects: readonly string[], major: NodeMajor): Counts {
  let node: string;
  try {
    node = installNode(major);
  } catch (error) {
    return { passed: 0, failed: 0, skipped: [error instanceof Error ? error.message : String(error)] };
  }
  const chosen = projects.flatMap((project) => ['--project', project]);
  const program = join('node_modules', 'vitest', 'vitest.mjs');
  return counted(
    `${name} ${major}`,
    (file) => {
      const reports = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
      return succeeds(node, [program, 'run', ...chosen, ...reports], environmentOf(node));
    },
    readVitest,
  );
}

const onEveryNode = (name: string, projects: readonly string[]): Tier[] =>
  nodeMajors.map((major) => ({
    name,
    place: `Node ${major}`,
    needsBuild: true,
    run: () => vitest(name, projects, major),
  }));

/** `editor` names a VS Code server; without it, scripts/test-host.mts chooses a desktop program. */
const host = (editor?: string): Tier => ({
  name: 'host',
  ...(editor !== undefined && { place: `VS Code ${editor}` }),
  needsBuild: true,
  run: () =>
    counted(
      `host ${editor ?? ''}`,
      (file) => succeeds('npm', ['run', '--silent', 'test:host', '--', file, ...(editor ? [editor] : [])]),
      (report) => report as Counts,
    ),
});

const { VSCODE_EXECUTABLE: executable, VSCODE_VERSION: version } = process.env;
const usesServers = process.platform === 'linux' && executable === undefined && version === undefined;

const build = check('build');
const tiers: readonly Tier[] = [
  ...['format:check', 'lint', 'typecheck', 'generate:check'].map(check),
  build,
  ...onEveryNode('unit', ['unit', 'conformance']),
  ...onEveryNode('peers', ['peers']),
  ...(usesServers ? editorVersions.map(host) : [host()]),
  { name: 'ui', needsBuild: false, run: () => vitest('ui', ['ui'], 24) },
];

/** `unit (Node 20)`; both `unit` and this choose it. */
const titleOf = ({ name, place }: Tier): string => (place === undefined ? name : `${name} (${place})`);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((word) => !tiers.some((tier) => tier.name === word || titleOf(tier) === word));
if (unknown.length > 0) {
  console.error(`There is no tier ${unknown.join(', ')}; there are ${tiers.map(titleOf).join(', ')}.`);
  process.exit(2);
}
const chosen = tiers.filter(
  (tier) => wanted.length === 0 || wanted.includes(tier.name) || wanted.includes(titleOf(tier)),
);
if (!chosen.includes(build) && chosen.some(({ needsBuild }) => needsBuild)) chosen.unshift(build);

mkdirSync(results, { recursive: true });
const table: string[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };
const skippedTests: string[] = [];
const failedTests: string[] = [];
for (const tier of chosen) {
  const title = titleOf(tier);
  console.log(`\n== ${title}`);
  const startedAt = Date.now();
  const { passed, failed, failures = [], skipped } = tier.run();
  const seconds = (Date.now() - startedAt) / 1000;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped.length;
  skippedTests.push(...skipped.map((test) => `skipped (${title}): ${test}`));
  failedTests.push(...failures.map((test) => `FAILED (${title}): ${test}`));
  const cells = [passed, failed, skipped.length, seconds.toFixed(1)].map((cell) => String(cell).padStart(9));
  table.push(title.padEnd(22) + cells.join(''));
}
console.log(`\n${'tier'.padEnd(22)}   passed   failed  skipped  seconds`);
console.log(table.join('\n'));
for (const line of [...skippedTests, ...failedTests]) console.log(line);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
