// Bundles the programs of the benchmark and runs it: `npm run bench [-- REPEATS [PATTERN]]`.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

await build({
  entryPoints: ['run', 'client', 'server'].map((name) => `test/bench/${name}.ts`),
  outdir: 'out/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
const parts = [
  ['out/bench/run.mjs', ...process.argv.slice(2)],
  ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', 'test/bench/microsandbox-table.mts'],
];
for (const part of parts) {
  const { status } = spawnSync(process.execPath, part, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
