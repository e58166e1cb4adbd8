// Bundles src/ into dist/ and the host tests into out/. `--sourcemap` adds maps beside the bundles.
import { chmodSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** Heavy packages that few runs need: each becomes a file of its own, loaded by the first `await import(...)`. */
const lazyPackages = { '@grpc/grpc-js': 'grpc.js' };

/** Modules that grpc-js loads for features that Sandlight never uses. */
const leftOut = /^@grpc\/proto-loader$/;

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  minify: true,
  legalComments: 'none',
  sourcemap: process.argv.includes('--sourcemap'),
  metafile: true,
  logLevel: 'warning',
};

/** Turns imports of the lazy packages into `require('./grpc.js')` and the like; notes the used ones in `used`. */
function splitLazyPackages(used) {
  return {
    name: 'split-lazy-packages',
    setup({ onResolve }) {
      onResolve({ filter: /^@grpc\/grpc-js$/ }, ({ path, kind, importer }) => {
        if (kind !== 'dynamic-import') {
          return { errors: [{ text: `${importer} must load ${path} by await import(), on first use.` }] };
        }
        used.add(path);
        return { path: `./${lazyPackages[path]}`, external: true };
      });
    },
  };
}

/**
 * Takes `vscode` as it is. For `import *` of a module that is not bundled, esbuild copies every member as a getter, once
 * for each file that imports it: a quarter of the processor time that loading the extension took.
 */
const takeVscodeAsItIs = {
  name: 'take-vscode-as-it-is',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace(
        "import * as vscode from 'vscode';",
        "import vscode = require('vscode');",
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** Replaces what is left out by a module that loads, and fails with a clear sentence when it is used. */
const stubLeftOut = {
  name: 'stub-left-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: leftOut }, ({ path, importer }) => {
      const [, dependent] = /[\\/]node_modules[\\/](.*)/.exec(importer) ?? [];
      return dependent && { path: `${path}, which ${dependent} asks for`, namespace: 'left-out' };
    });
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `function leftOut() { throw new Error(${JSON.stringify(`Sandlight is built without ${path}.`)}); }
        module.exports = leftOut;`,
    }));
  },
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
rmSync(join(root, 'out', 'test'), { recursive: true, force: true });

const used = new Set();
const results = await Promise.all([
  build({
    ...shared,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    plugins: [splitLazyPackages(used), takeVscodeAsItIs],
  }),
  build({
    ...shared,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [splitLazyPackages(used)],
  }),
  build({
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
  }),
  build({
    ...shared,
    entryPoints: globSync('test/host/*.ts', { cwd: root }),
    outdir: 'out/test/host',
    external: ['vscode', 'mocha'],
    minify: false,
    sourcemap: 'inline',
  }),
]);
for (const name of used) {
  results.push(
    await build({
      ...shared,
      entryPoints: [require.resolve(name)],
      outfile: `dist/${lazyPackages[name]}`,
      plugins: [stubLeftOut],
    }),
  );
}
chmodSync(join(root, 'dist', 'cli.js'), 0o755);

const metafiles = results.map(({ metafile }) => metafile);
const bundled = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
writeFileSync(join(root, 'dist', 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, bundled));

for (const [file, { bytes }] of metafiles.flatMap(({ outputs }) => Object.entries(outputs))) {
  if (file.startsWith('dist/')) console.log(`${file.padEnd(24)}${(bytes / 1024).toFixed(1).padStart(8)} KiB`);
}
