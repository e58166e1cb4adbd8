import assert from 'node:assert/strict';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { noRow, Person, row, run, sandlight, setting, until } from './support.ts';

describe('the status item', () => {
  let agent: ScriptedAgent;
  let other: ScriptedAgent;
  let person: Person;

  before(async () => {
    await sandlight();
    await run('sandlight.stopLocalAgent');
  });

  beforeEach(async () => {
    person = new Person();
    [agent, other] = [await ScriptedAgent.start(), await ScriptedAgent.start()];
    for (const { script } of [agent, other])
      script.runtime = { ...script.runtime, dockerReady: true, services: [] };
    await setting('sandboxes', [
      { name: 'web', endpoint: agent.endpoint },
      { name: 'other', endpoint: other.endpoint },
    ]);
    await row(/^web, sandbox, ready$/);
    await row(/^other, sandbox, ready$/);
  });

  afterEach(async () => {
    person.leave();
    await setting('sandboxes', undefined);
    await noRow(/sandbox/);
    await agent.close();
    await other.close();
  });

  it('is amber for a clock that is off, and says so', async () => {
    const api = await sandlight();
    agent.script.clockAheadMs = -29_880_000;
    await run('sandlight.refresh');
    const { text, tooltip } = await until('word of the clock', () => {
      const status = api.status();
      return status.background === 'warning' && status;
    });
    assert.equal(text, '$(warning) 1 of 2 needs attention · clock 8 h behind');
    assert.match(tooltip, /^web: ready\n(.*\n)*Clock: 8 h 1[78] min behind$/m);
  });

  it('is red only when nothing can be reached', async () => {
    const api = await sandlight();
    await agent.vanish();
    await until('one in need', () => api.status().text.includes('1 of 2 needs attention'));
    assert.equal(api.status().background, 'warning');
    await other.vanish();
    await until('two in need', () => api.status().text.includes('2 of 2 need attention'));
    assert.equal(api.status().background, 'error');
  });

  it('lets one choose the sandbox, and has its ports', async () => {
    other.publish('c0ffee', { containerPort: 53, hostPort: 10053, protocol: 'udp', hostIp: '0.0.0.0' });
    await row(/10053/);
    person.leave();
    person = new Person('Choose Another Sandbox', 'other', '10053');
    await run('sandlight.showMenu');
    const [menu, choice, own, port] = person.shown;
    assert.ok(menu?.choices.some((label) => label.endsWith('Choose Another Sandbox…')));
    assert.deepEqual(choice?.choices, ['$(pass-filled) web', '$(pass-filled) other']);
    assert.ok(own?.choices.some((label) => label.includes('10053')));
    assert.deepEqual(port?.choices, ['$(clippy) Copy Address']);
  });
});
