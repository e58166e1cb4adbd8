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
const { status } = spawnSync(process.execPath, ['out/bench/run.mjs', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
