// The Nodes that Sandlight is tested on: the oldest that the manifest allows, those of the supported editors, the newest.
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cacheNpmPackages } from './cached.mts';
import { cacheDir, root } from './vscode/paths.mts';

/** A Node by its major version. */
export type NodeMajor = 20 | 22 | 24;

/** Oldest first. The last one is the project's own, a devDependency, which all its scripts run on. */
export const nodeMajors: readonly NodeMajor[] = [20, 22, 24];

/** What is fetched of the others: npm's packages of Node's own binaries. */
const versions = { 20: '20.20.2', 22: '22.23.3' } as const;

const isWindows = process.platform === 'win32';

/**
 * Fetches a Node into `.vscode-test/` unless it is there.
 *
 * @returns the path of its executable
 * @throws Error saying why it cannot be had on this machine
 */
export function installNode(major: NodeMajor): string {
  if (major === 24) return join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const target = join(cacheDir, `${name}@${versions[major]}`);
  const executable = join(target, 'node_modules', name, 'bin', isWindows ? 'node.exe' : 'node');
  if (existsSync(executable)) return executable;
  console.error(`Installing Node ${versions[major]} (npm's ${name}, into .vscode-test/)...`);
  try {
    cacheNpmPackages(target, [`${name}@${versions[major]}`]);
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    throw new Error(`Node ${major} cannot be had here: ${said.split('\n')[0] ?? said}`, { cause: error });
  }
  return executable;
}

/** This process's environment, with `executable` as the `node` that programs find first. */
export function environmentOf(executable: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${dirname(executable)}${delimiter}${process.env['PATH'] ?? ''}` };
}
