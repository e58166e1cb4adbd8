// Puts what is fetched into `.vscode-test/`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from './vscode/paths.mts';

/**
 * Makes the folder `target` below `.vscode-test/`. It is made aside and renamed when complete, so that an interrupted
 * installation is never taken for a good one.
 *
 * @param make is given an empty folder, and returns the one in it that becomes `target`, or that folder itself
 */
export function makeCached(target: string, make: (staging: string) => string): void {
  mkdirSync(cacheDir, { recursive: true });
  const staging = mkdtempSync(join(cacheDir, 'staging-'));
  try {
    renameSync(make(staging), target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Installs npm packages below `target`, without running their scripts.
 *
 * @throws Error with what npm said, as `stderr`
 */
export function cacheNpmPackages(
  target: string,
  packages: readonly string[],
  flags: readonly string[] = [],
): void {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  makeCached(target, (staging) => {
    execFileSync('npm', ['install', '--prefix', staging, ...quiet, ...flags, ...packages], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // On Windows npm is a .cmd file, which only a shell can start.
      shell: process.platform === 'win32',
    });
    return staging;
  });
}
