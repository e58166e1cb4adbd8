import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MicrosandboxEncoder } from '../../src/agent/microsandbox/encoder.ts';
import { microsandboxMessage as message } from '../../src/agent/microsandbox/messages.ts';

/** In the environment of every program of this file, so that what lives on is found. */
const mark = `SANDLIGHT_TEST_MARK=${process.pid}`;

function marked(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
    } catch {
      return false; // It ended meanwhile.
    }
  });
}

test.skipIf(process.platform !== 'linux').each(['the end of its input', 'SIGTERM'])(
  'an agent on standard input and output takes its programs with it at %s, deaf ones too (needs /proc)',
  async (how) => {
    const encoder = new MicrosandboxEncoder('client', 7);
    const args = ['agent', '--stdio', '--protocol', 'microsandbox', '--allow-exec'];
    const agent = spawn(process.execPath, [resolve('dist/cli.js'), ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => void agent.kill('SIGKILL'));
    const ended = once(agent, 'exit');
    let output = '';
    agent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
    for (const [index, line] of [
      'sleep 60 & echo one; wait',
      'trap "" TERM HUP; echo two; sleep 60; sleep 60',
    ].entries())
      agent.stdin.write(
        encoder.encode(message.execRequest, 5 + index, { cmd: 'sh', args: ['-c', line], env: [mark] }),
      );
    await expect
      .poll(() => output.includes('one\n') && output.includes('two\n'), { timeout: 10_000 })
      .toBe(true);
    expect(marked().length).toBeGreaterThanOrEqual(3);
    if (how === 'SIGTERM') agent.kill('SIGTERM');
    else agent.stdin.end();
    await ended;
    await expect.poll(marked, { timeout: 10_000 }).toEqual([]);
  },
);
