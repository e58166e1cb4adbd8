import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Why a test cannot have the Debian packages it needs, after installing what is missing where that is possible;
 * `undefined` when it has them. `packages` tells for each a file by which it is known.
 */
export function whyNoPackages(packages: Readonly<Record<string, string>>): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  const missing = (): string[] =>
    Object.entries(packages)
      .filter(([, file]) => !existsSync(file))
      .map(([name]) => name);
  const wanted = missing();
  if (wanted.length === 0) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args: string[]): void => {
    execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: 'ignore' });
  };
  try {
    aptGet('update');
    aptGet('install', '-y', '--no-install-recommends', ...wanted);
  } catch {
    // No Debian, no root or no mirror: what is missing says it all.
  }
  const still = missing();
  return still.length === 0 ? undefined : `needs the Debian packages ${still.join(', ')}`;
}
