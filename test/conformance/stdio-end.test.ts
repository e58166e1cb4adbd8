import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { formatEndpoint, type Protocol } from '../../src/agent/endpoint.ts';
import { startProgram } from '../support/programs.ts';
import { tempDir } from '../support/temp-dir.ts';

const cliFile = resolve('dist/cli.js');
const directory = tempDir();

/**
 * Process ids of the agents that were started with this Docker socket. A program that one of them is about to start bears
 * its agent's name for a moment, and is none.
 */
function agentsWith(dockerSocket: string): readonly number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const found = pids.filter((pid) => {
    const words = textOf(`/proc/${pid}/cmdline`).split('\0');
    return words[2] === 'agent' && words.includes(dockerSocket);
  });
  return found.filter((pid) => !found.includes(parentOf(pid))).map(Number);
}

function parentOf(pid: string): string {
  // The name before it, in parentheses, may hold anything.
  const [, parent = ''] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return parent;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process ended meanwhile.
  }
}

describe.skipIf(process.platform !== 'linux')('an agent on standard input and output (needs /proc)', () => {
  it.each<[Protocol]>([
    ['arcbox'],
    ['arcbox-ttrpc'],
    ['arcbox-grpc'],
    ['microsandbox'],
    ['microsandbox-direct'],
  ])('ends when its client is killed while it follows %s', async (protocol) => {
    const dockerSocket = join(directory, `${protocol}.sock`);
    const agent = ['agent', '--stdio', '--protocol', protocol, '--docker', dockerSocket] as const;
    const endpoint = formatEndpoint({
      protocol,
      transport: { kind: 'exec', argv: [process.execPath, cliFile, ...agent] },
    });
    const watching = await startProgram(process.execPath, [cliFile, 'watch', endpoint, '--json'], /"ports"/);
    onTestFinished(async () => {
      await watching.stop();
      for (const pid of agentsWith(dockerSocket)) process.kill(pid, 'SIGKILL');
    });
    expect(agentsWith(dockerSocket)).toHaveLength(1);
    await watching.stop();
    await vi.waitFor(() => {
      expect(agentsWith(dockerSocket)).toEqual([]);
    }, 10_000);
  });
});
