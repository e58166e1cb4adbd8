import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { row, run, sandlight, until } from './support.ts';

describe('the agent for this machine', () => {
  before(async () => {
    await sandlight();
    await run('sandlight.startLocalAgent');
    await row(/^containerd, service/);
  });

  it('stops and starts by command', async () => {
    const api = await sandlight();
    await run('sandlight.stopLocalAgent');
    await until('an empty tree', () => api.rows().length === 0);
    assert.match(api.status().text, /no sandbox/);
    assert.equal(agentPid(), undefined);
    await run('sandlight.startLocalAgent');
    await row(/^containerd, service/);
  });

  it('is started again when it dies', async () => {
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
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  const pid = /^\s*(\d+) .*cli\.js agent --listen/m.exec(children)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
