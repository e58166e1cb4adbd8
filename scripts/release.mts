// `npm run release [-- --publish]`: checks that the checked-out commit is a release (its tag, version, changelog, clean
// tree), builds the package, and says how it would be published; `--publish` does it. That the tests pass is for
// continuous integration to say, which runs this on a tag.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { destinations, releaseProblems } from './release-checks.mts';
import { root, vsixFile } from './vscode/paths.mts';

const maxVsixBytes = 450 * 1024;

const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } });
const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const problems = releaseProblems({
  version,
  tags: git('tag', '--points-at', 'HEAD').split('\n').filter(Boolean),
  changes: git('status', '--porcelain'),
  changelog: readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
});
if (problems.length > 0) fail(problems);

const packed = spawnSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: 'inherit' });
if (packed.status !== 0) fail(['The package could not be built; the output above says why.']);
const { size } = statSync(vsixFile);
if (size > maxVsixBytes)
  fail([`${vsixFile} has ${size} bytes; more than ${maxVsixBytes} are not worth anybody's download.`]);

const targets = destinations(vsixFile);
const tokenless = targets.filter(({ tokenVariable }) => (process.env[tokenVariable] ?? '') === '');
if (values.publish && tokenless.length > 0) {
  fail(tokenless.map(({ name, tokenVariable }) => `${name} needs a token in ${tokenVariable}.`));
}
for (const { name, tokenVariable, command } of targets) {
  const line = command.join(' ');
  if (!values.publish) {
    const token = tokenless.some((target) => target.name === name) ? 'missing' : 'set';
    console.log(`Would publish to ${name} (${tokenVariable} is ${token}): ${line}`);
    continue;
  }
  console.log(`Publishing to ${name}: ${line}`);
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail([`${name} did not take the package; what was published before stays published.`]);
}
console.log(
  values.publish
    ? `Published v${version}.`
    : `v${version} is ready. "npm run release -- --publish" publishes it.`,
);

function fail(reasons: readonly string[]): never {
  for (const reason of reasons) console.error(reason);
  process.exit(1);
}
