import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { vsixFile } from '../../scripts/vscode/paths.mts';
import { installExtension } from '../../scripts/vscode/server.mts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Holds the packed extension, installed. */
    extensionsDir: string;
  }
}

/** Packs and installs the extension once for all UI tests. */
export default function setup(project: TestProject): () => void {
  execFileSync('npm', ['run', '--silent', 'package'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const extensionsDir = mkdtempSync(join(tmpdir(), 'sandlight-'));
  installExtension(vsixFile, extensionsDir);
  project.provide('extensionsDir', extensionsDir);
  return () => {
    rmSync(extensionsDir, { recursive: true, force: true });
  };
}
