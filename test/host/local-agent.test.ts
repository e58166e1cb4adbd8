import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { row, run, sandlight, until } from './support.ts';

describe('the agent for this machine', () => {
  before(async () => {
    await sandlight();
    await run('sandlight.startLocalAgent');
    await row(/^containerd, service/);
  });

  it('stops and starts by command', async function () {
    if (process.platform !== 'linux') this.skip(); // The process is looked for in /proc.
    const api = await sandlight();
    await run('sandlight.stopLocalAgent');
    await until('an empty tree', () => api.rows().length === 0);
    await until('a hidden status item', () => api.status().sandboxId === undefined);
    await until('the end of its process', () => agentPid() === undefined);
    await run('sandlight.startLocalAgent');
    await row(/^containerd, service/);
  });

  it('is started again when it dies', async function () {
    if (process.platform !== 'linux') this.skip(); // The process is looked for in /proc.
    const api = await sandlight();
    const pid = await until('a running agent', agentPid);
    const killedAtMs = Date.now();
    process.kill(pid, 'SIGKILL');
    await until('another agent, connected', () => {
      const [sandbox] = api.sandboxes();
      const isAnswering = sandbox?.connection === 'open' && (sandbox.roundTripMs?.atMs ?? 0) > killedAtMs;
      return isAnswering && agentPid() !== pid;
    });
    assert.equal(api.sandboxes().length, 1);
  });
});

/** The process id of the agent that this extension host has started. */
function agentPid(): number | undefined {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .find((pid) => {
      const isOurs = readProc(pid, 'stat').split(') ')[1]?.split(' ')[1] === String(process.pid);
      return isOurs && readProc(pid, 'cmdline').includes('cli.js\0agent\0--listen');
    });
}

/** A file of /proc; empty when the process has just ended. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
