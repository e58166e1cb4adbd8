import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { transform } from 'esbuild';

/**
 * Options that split a bundle into CommonJS files: its entry, one file for each module that is loaded late, and one for
 * each set of modules that several of them share, so that every module is there once, classes keep their identity and
 * what is never used is never read. esbuild splits ES modules only, so each of its files is turned into CommonJS by a second pass.
 *
 * @param {{ outdir: string, shared: import('esbuild').BuildOptions, plugins: import('esbuild').Plugin[] }} options
 * @returns {import('esbuild').BuildOptions}
 */
export function splitToCommonJs({ outdir, shared, plugins }) {
  const toCommonJs = {
    name: 'to-commonjs',
    setup({ onEnd }) {
      onEnd(async ({ outputFiles = [] }) => {
        await Promise.all(
          outputFiles
            .filter(({ path }) => path.endsWith('.js'))
            .map(async ({ path, text }) => {
              const name = basename(path);
              const { code, map } = await transform(requireEditor(text), {
                format: 'cjs',
                platform: 'node',
                target: shared.target,
                minify: shared.minify,
                legalComments: 'none',
                sourcemap: shared.sourcemap ? 'external' : false,
                sourcefile: name,
                supported: shared.supported,
              });
              const link = map === '' ? '' : `//# sourceMappingURL=${name}.map\n`;
              await writeFile(join(outdir, name), code + link);
              if (map !== '') await writeFile(join(outdir, `${name}.map`), map);
            }),
        );
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

/**
 * Takes `vscode` as it is. For `import *` of a module that is not bundled, esbuild copies every member as a getter, once
 * for each file that imports it: a quarter of the processor time that loading the extension took.
 */
function requireEditor(source) {
  return source.replaceAll(/^import \* as (\w+) from "vscode";$/gm, 'const $1 = require("vscode");');
}
