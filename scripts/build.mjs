// Bundles src/ into dist/ and the host tests into out/. `--sourcemap` adds maps beside the bundles; `--watch` keeps them
// up to date, readable and with maps, until it is interrupted.
import { chmodSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';
import { splitToCommonJs } from './commonjs-chunks.mjs';
import { thirdPartyNotices } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const isWatching = process.argv.includes('--watch');

/** Larger than everything else together, and needed by few: a file of its own, which a dynamic import loads. */
const grpc = { name: '@grpc/grpc-js', file: 'grpc.js' };

/** Modules that grpc-js loads for features that Sandlight never uses: choosing among servers, certificates of its own. */
const leftOut =
  /^(@grpc\/proto-loader|\.\/load-balancer-(outlier-detection|round-robin|weighted-round-robin)|\.\/certificate-provider|\.\/experimental)$/;

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  minify: !isWatching,
  legalComments: 'none',
  sourcemap: isWatching || process.argv.includes('--sourcemap'),
  metafile: true,
  logLevel: 'warning',
  // A module that is loaded late is required: what Node's `import()` finds in a CommonJS file differs between versions.
  supported: { 'dynamic-import': false },
};

/** Leaves gRPC to its own file, and refuses to load it with everything else. */
const keepGrpcApart = {
  name: 'keep-grpc-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^@grpc\/grpc-js$/ }, ({ path, kind, importer }) =>
      kind === 'dynamic-import'
        ? { path: `./${grpc.file}`, external: true }
        : { errors: [{ text: `${importer} must load ${path} by await import(), on first use.` }] },
    );
  },
};

/** Replaces what is left out by a module that loads, and fails with a clear sentence when it is used. */
const stubLeftOut = {
  name: 'stub-left-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: leftOut }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = function leftOut() {
        throw new Error(${JSON.stringify(`Sandlight is built without ${path}.`)});
      };
      module.exports.setup = () => {};`,
    }));
  },
};

/** Tells a watching task runner when a round begins and ends. */
const tellRounds = {
  name: 'tell-rounds',
  setup({ onStart, onEnd }) {
    onStart(() => {
      console.log('[watch] build started');
    });
    onEnd(({ errors }) => {
      for (const { text, location } of errors) {
        const { file = '', line = 0, column = 0 } = location ?? {};
        console.error(`✘ [ERROR] ${text}\n    ${file}:${line}:${column}:`);
      }
      console.log('[watch] build finished');
    });
  },
};

const builds = {
  extension: {
    ...shared,
    entryPoints: ['src/extension.ts'],
    ...splitToCommonJs({ outdir: join(root, 'dist'), shared, plugins: [keepGrpcApart] }),
  },
  cli: {
    ...shared,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [keepGrpcApart],
  },
  details: {
    ...shared,
    entryPoints: [
      { in: 'src/views/details/webview/main.ts', out: 'details' },
      { in: 'src/views/details/webview/details.css', out: 'details' },
    ],
    outdir: 'dist',
    platform: 'browser',
    // The oldest VS Code that the manifest allows is built on Chromium 138.
    target: 'chrome138',
    format: 'iife',
  },
  hostTests: {
    ...shared,
    entryPoints: globSync('test/host/*.ts', { cwd: root }),
    outdir: 'out/test/host',
    external: ['vscode', 'mocha'],
    minify: false,
    sourcemap: 'inline',
  },
  grpc: {
    ...shared,
    entryPoints: [require.resolve(grpc.name)],
    outfile: `dist/${grpc.file}`,
    plugins: [stubLeftOut],
  },
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
rmSync(join(root, 'out', 'test'), { recursive: true, force: true });
mkdirSync(join(root, 'dist'), { recursive: true });

if (isWatching) await watch();
else await buildOnce();

async function watch() {
  const { extension, ...others } = builds;
  const told = { ...extension, plugins: [...extension.plugins, tellRounds] };
  for (const options of [...Object.values(others), told]) {
    const building = await context({ ...options, logLevel: 'silent' });
    if (options !== told) await building.rebuild().catch(() => undefined);
    await building.watch();
  }
}

async function buildOnce() {
  const metafiles = await Promise.all(
    Object.values(builds).map(async (options) => {
      const building = await context(options);
      try {
        return (await building.rebuild()).metafile;
      } finally {
        await building.dispose();
      }
    }),
  );
  chmodSync(join(root, 'dist', 'cli.js'), 0o755);
  const bundled = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  writeFileSync(join(root, 'dist', 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, bundled));
  for (const file of globSync('dist/*.{js,css}', { cwd: root }).sort()) {
    console.log(`${file.padEnd(40)}${(statSync(join(root, file)).size / 1024).toFixed(1).padStart(8)} KiB`);
  }
}
