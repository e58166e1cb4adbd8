import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/**
 * Makes a program of test/support one file at `outfile`, for the Node that runs the tests, whatever that makes of
 * TypeScript. Other users of this machine may read it.
 */
export function bundleProgram(name: string, outfile: string): void {
  const source = fileURLToPath(new URL(name, import.meta.url));
  // What is bundled as CommonJS asks for Node's own modules in its own way.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({
    ...{ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm' },
    banner: { js },
  });
  chmodSync(dirname(outfile), 0o755);
}
