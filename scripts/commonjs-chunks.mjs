import { basename } from 'node:path';
import { build } from 'esbuild';

/**
 * Options that split a bundle into CommonJS files: one for everything that its entry needs at once, one for each module
 * that is loaded late, and one for each set of modules that several of those share. Every module is there once, classes
 * keep their identity, and what is never used is never read. esbuild splits ES modules only, and into many small files,
 * of which each costs the start time; a second pass joins the ones that the entry needs and turns all into CommonJS.
 *
 * @param {{ outdir: string, shared: import('esbuild').BuildOptions, plugins: import('esbuild').Plugin[] }} options
 * @returns {import('esbuild').BuildOptions}
 */
export function splitToCommonJs({ outdir, shared, plugins }) {
  const toCommonJs = {
    name: 'to-commonjs',
    setup({ onEnd }) {
      onEnd(async ({ outputFiles = [], metafile }) => {
        if (metafile === undefined) return;
        const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), requireEditor(text)]));
        const { entry, needed } = startOf(metafile);
        await build({
          ...shared,
          outdir,
          entryPoints: [...texts.keys()].filter((name) => name === entry || !needed.has(name)),
          metafile: false,
          plugins: [joinNeeded(texts, entry, needed)],
        });
      });
    },
  };
  return {
    outdir,
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
    write: false,
    minify: false,
    sourcemap: shared.sourcemap ? 'inline' : false,
    supported: {},
    plugins: [...plugins, toCommonJs],
  };
}

/** The file that is loaded first, and every file that is loaded with it. */
function startOf({ outputs }) {
  const [first] = Object.keys(outputs).filter((path) => outputs[path].entryPoint === 'src/extension.ts');
  const needed = new Set([first]);
  for (const path of needed) {
    for (const { path: imported, kind } of outputs[path].imports) {
      if (kind === 'import-statement' && imported in outputs) needed.add(imported);
    }
  }
  return { entry: basename(first), needed: new Set([...needed].map((path) => basename(path))) };
}

/** Joins the `needed` files into `entry`, whose export `shared` hands them to the files that are loaded later. */
function joinNeeded(texts, entry, needed) {
  return {
    name: 'join-needed',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, kind, importer, namespace }) => {
        const name = basename(path);
        if (kind === 'entry-point') return { path: name, namespace: name === entry ? 'start' : 'chunk' };
        if (namespace === 'shared' || !texts.has(name)) return { path, external: true };
        if (!needed.has(name)) return { path: `./${name}`, external: true };
        const isTogether = namespace === 'start' || needed.has(importer);
        return { path: name, namespace: isTogether ? 'chunk' : 'shared' };
      });
      onLoad({ filter: /.*/, namespace: 'start' }, () => {
        const names = [...needed].filter((name) => name !== entry);
        const imports = names.map((name, index) => `import * as chunk${index} from './${name}';`);
        const members = names.map((name, index) => `'${name}': chunk${index}`);
        return {
          contents: `export * from './${entry}';\n${imports.join('\n')}\nexport const shared = { ${members.join(', ')} };`,
        };
      });
      onLoad({ filter: /.*/, namespace: 'chunk' }, ({ path }) => ({ contents: texts.get(path) }));
      onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
        contents: `module.exports = require('./${entry}').shared['${path}'];`,
      }));
    },
  };
}

/**
 * Takes `vscode` as it is. For `import *` of a module that is not bundled, esbuild copies every member as a getter, once
 * for each file that imports it: a quarter of the processor time that loading the extension took.
 */
function requireEditor(source) {
  return source.replaceAll(/^import \* as (\w+) from "vscode";$/gm, 'const $1 = require("vscode");');
}
