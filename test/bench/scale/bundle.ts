import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The bundled programs, which run on every Node that the extension runs on. */
export interface Programs {
  readonly subject: string;
  readonly agents: string;
  /** A folder that must be in `NODE_PATH`, where `require('vscode')` finds the stand-in. */
  readonly modules: string;
}

/** Bundles the programs into `out/bench/scale`. */
export async function bundlePrograms(): Promise<Programs> {
  const here = import.meta.dirname;
  const outdir = fileURLToPath(new URL('../../../out/bench/scale', import.meta.url));
  await build({
    entryPoints: { subject: join(here, 'subject.ts'), agents: join(here, 'agents', 'main.ts') },
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
  const modules = join(outdir, 'modules');
  mkdirSync(modules, { recursive: true });
  writeFileSync(join(modules, 'vscode.js'), 'module.exports = globalThis.vscodeStandIn;\n');
  return { subject: join(outdir, 'subject.cjs'), agents: join(outdir, 'agents.cjs'), modules };
}
