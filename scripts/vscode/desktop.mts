import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './install.mts';
import { cacheDir } from './paths.mts';

/** The `code` command, where it can open a window. */
export function findDesktop(): string | undefined {
  const hasScreen =
    process.platform !== 'linux' ||
    process.env['DISPLAY'] !== undefined ||
    process.env['WAYLAND_DISPLAY'] !== undefined;
  return hasScreen ? onPath(process.platform === 'win32' ? 'code.cmd' : 'code') : undefined;
}

/**
 * Opens a window of the desktop program with the packed extension, and with a profile of its own: the person's own
 * settings and extensions are left alone. Resolves when the window is closed, or after `interrupted` closed it.
 */
export async function openDesktop(
  code: string,
  vsix: string,
  folder: string,
  interrupted: Promise<void>,
): Promise<void> {
  const userData = join(cacheDir, 'desktop');
  const profile = ['--user-data-dir', userData, '--extensions-dir', join(cacheDir, 'desktop-extensions')];
  // On Windows `code` is a .cmd file, which only a shell can start.
  const shell = process.platform === 'win32';
  execFileSync(code, [...profile, '--install-extension', vsix, '--force'], { stdio: 'inherit', shell });
  console.log('Opening VS Code. Sandlight is the sun in the box on the left. Ctrl-C closes the window.');
  // The command below only waits; the program itself leaves its number here, and takes it away at its end.
  const lock = join(userData, 'code.lock');
  rmSync(lock, { force: true });
  const window = spawn(code, [...profile, '--new-window', '--wait', folder], { stdio: 'inherit', shell });
  const closed = once(window, 'exit');
  await Promise.race([closed, interrupted]);
  if (existsSync(lock)) process.kill(Number(readFileSync(lock, 'utf8')), 'SIGTERM');
  window.kill();
  await closed;
}
