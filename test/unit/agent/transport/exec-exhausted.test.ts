import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { openExec } from '../../../../src/agent/transport/exec.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { matching } from '../../../support/matching.ts';

let code = '';

// What Node does when the system has no descriptor or no process left: a child without process id, without streams where
// none could be made, and an error in the next tick.
vi.mock('node:child_process', () => ({
  spawn: () => {
    const child = Object.assign(new EventEmitter(), { pid: undefined });
    process.nextTick(() => child.emit('error', Object.assign(new Error(`spawn ssh ${code}`), { code })));
    return child;
  },
}));

it.each([
  ['EMFILE', /The program ssh cannot be started: too many files are open/],
  ['ENFILE', /too many files are open/],
  ['EAGAIN', /The program ssh cannot be started: too many programs run/],
  ['ENOMEM', /The program ssh cannot be started \(spawn ssh ENOMEM\)/],
])('a program that cannot be started (%s) fails in words', async (name, message) => {
  code = name;
  const opened = openExec(['ssh', 'vm'], { timeoutMs: 1000, logger: silentLogger });
  await expect(opened).rejects.toMatchObject({ code: 'unreachable', message: matching(message) });
});
