import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packageName = '@superradcompany/microsandbox-linux-x64-gnu';

/** The published versions the tests run against, with the SHA-256 of their tarballs. */
const tarballs = {
  '0.7.2': '7aacbb9ab86a152813d005c6ba12551b104997be9234a010a3473e4b2e9703e0',
  '0.6.18': '33d6e3110495a9faa066af50a57e5104ddd3a980ab7513af33ad0fc64fd76c7b',
} as const;

/** One of the versions above. */
export type MicrosandboxVersion = keyof typeof tarballs;

/** Where peers keep what they download and build: `PEER_CACHE`, else below the user's cache. */
export function peerCache(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['PEER_CACHE'] ?? join(cache, 'sandlight-tests', 'microsandbox');
}

/** True where the published package runs. */
export const isPackageUsable = process.platform === 'linux' && process.arch === 'x64';

/**
 * Fetches the published package through npm, checks it against its pinned SHA-256 and unpacks it, once for all runs.
 * Returns the folder that holds its `bin`, `lib` and native client.
 */
export async function fetchMicrosandbox(version: MicrosandboxVersion): Promise<string> {
  const folder = join(peerCache(), `package-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(peerCache(), { recursive: true });
  const work = await mkdtemp(join(peerCache(), 'fetch-'));
  try {
    await run('npm', ['pack', '--silent', `${packageName}@${version}`], { cwd: work });
    const [tarball = ''] = await readdir(work);
    const sha256 = createHash('sha256')
      .update(await readFile(join(work, tarball)))
      .digest('hex');
    if (sha256 !== tarballs[version]) throw new Error(`${packageName}@${version} has the SHA-256 ${sha256}`);
    await run('tar', ['-xzf', tarball], { cwd: work });
    // Another run may have been faster; both have unpacked the same bytes.
    await rename(join(work, 'package'), folder).catch(() => undefined);
  } finally {
    await rm(work, { recursive: true });
  }
  return folder;
}
