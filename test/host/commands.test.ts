import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { noRow, Person, row, run, sandlight, setting, until } from './support.ts';

describe('commands', () => {
  let agent: ScriptedAgent;
  let person: Person;

  before(async () => {
    await sandlight();
    await run('sandlight.stopLocalAgent');
  });

  beforeEach(async () => {
    agent = await ScriptedAgent.start();
    await setting('sandboxes', [{ name: 'web', endpoint: agent.endpoint }]);
    await row(/^dockerd, service/);
  });

  afterEach(async () => {
    person.leave();
    await setting('sandboxes', undefined);
    await noRow(/sandbox/);
    await agent.close();
  });

  it('disconnect and connect', async () => {
    person = new Person();
    const { node } = await row(/^web, sandbox/);
    await run('sandlight.disconnect', node);
    await row(/^web, sandbox, not connected/);
    await run('sandlight.connect', node);
    await row(/^web, sandbox, degraded, dockerd not ready$/);
  });

  it('ping tells minimum, median and maximum, and leaves the clock alone', async () => {
    person = new Person();
    await run('sandlight.ping', (await row(/^web, sandbox/)).node);
    const { text } = await person.sees(/answered/);
    assert.match(
      text,
      /^web answered 5 of 5 pings: [\d.]+ ms at least, [\d.]+ ms median, [\d.]+ ms at most\.$/,
    );
    assert.deepEqual(agent.clockSets, []);
  });

  it('ping asks which sandbox when called without one', async () => {
    const other = await ScriptedAgent.start();
    try {
      await setting('sandboxes', [
        { name: 'web', endpoint: agent.endpoint },
        { name: 'other', endpoint: other.endpoint },
      ]);
      await row(/^other, sandbox, degraded/);
      person = new Person('other');
      await run('sandlight.ping');
      await person.sees(/^other answered/);
      assert.deepEqual(person.shown[0], {
        kind: 'showQuickPick',
        text: 'Which sandbox?',
        choices: ['web', 'other'],
      });
    } finally {
      await other.close();
    }
  });

  it('ping says why an agent that is gone cannot be asked', async () => {
    await agent.vanish();
    await row(/^web, sandbox, unreachable/);
    person = new Person();
    await run('sandlight.ping', (await row(/^web, sandbox/)).node);
    const { kind, text, choices } = await person.sees(/not connected/);
    assert.equal(kind, 'showErrorMessage');
    assert.match(text, /agent\.sock/);
    assert.deepEqual(choices, ['Show Log']);
  });

  it('refresh asks the agent for everything at once', async () => {
    person = new Person();
    const { node } = await row(/^web, sandbox/);
    const asked = agent.calls.length;
    await run('sandlight.refresh', node);
    assert.deepEqual(agent.calls.slice(asked).toSorted(), ['GetRuntimeStatus', 'GetSystemInfo', 'Ping']);
  });

  it('ensureRuntime says what came of it', async () => {
    person = new Person();
    const { node } = await row(/^web, sandbox/);
    agent.script.ensure = [
      { ready: false, endpoint: '', message: 'runtime start in progress', status: 'starting' },
      { ready: true, endpoint: '', message: '', status: 'started' },
    ];
    const started = run('sandlight.ensureRuntime', node);
    await row(/^Ensuring the runtime/);
    assert.match((await sandlight()).status().text, /^\$\(loading~spin\) web: starting/);
    await started;
    await person.sees(/^The runtime of web was started in (under a second|[1-9]\d* s)\.$/);
    agent.script.ensure = [{ ready: true, endpoint: '', message: '', status: 'reused' }];
    await run('sandlight.ensureRuntime', node);
    await person.sees(/already running/);
    agent.script.ensure = [{ ready: false, endpoint: '', message: 'no [link](command:x)', status: 'failed' }];
    await run('sandlight.ensureRuntime', node);
    const { text } = await person.sees(/not ready/);
    assert.equal(text, 'The runtime of web is not ready (failed). no [link] (command:x)');
  });

  it('syncClock says what it did and how far off the clock was', async () => {
    person = new Person();
    agent.script.clockAheadMs = -90_000;
    await run('sandlight.syncClock', (await row(/^web, sandbox/)).node);
    await person.sees(/^The clock of web was set\. It was 1 min 30 s behind\.$/);
    assert.equal(agent.clockSets.length, 1);
  });

  it('syncClock leaves a clock alone that is in step', async () => {
    person = new Person();
    agent.script.clockAheadMs = 20;
    await run('sandlight.syncClock', (await row(/^web, sandbox/)).node);
    await person.sees(/^The clock of web is in step, so it was left alone\.$/);
    assert.deepEqual(agent.clockSets, []);
  });

  it('syncClock asks before it steps a clock back', async () => {
    agent.script.clockAheadMs = 90_000;
    const { node } = await row(/^web, sandbox/);
    person = new Person();
    await run('sandlight.syncClock', node);
    await person.sees(/^Set the clock of web back\?$/);
    assert.deepEqual(agent.clockSets, []);
    person.leave();
    person = new Person('Set It Back');
    await run('sandlight.syncClock', node);
    await person.sees(/It was 1 min 30 s ahead/);
    assert.equal(agent.clockSets.length, 1);
  });

  it('copyPortAddress copies where a port is reached', async () => {
    person = new Person();
    agent.publish('c0ffee', { containerPort: 53, hostPort: 10053, protocol: 'udp', hostIp: '0.0.0.0' });
    await run('sandlight.copyPortAddress', (await row(/Port 53,/)).node);
    assert.equal(await vscode.env.clipboard.readText(), 'localhost:10053');
  });

  it('openPort takes TCP ports only', async () => {
    agent.publish('c0ffee', { containerPort: 53, hostPort: 10053, protocol: 'udp', hostIp: '0.0.0.0' });
    const { node } = await row(/Port 53,/);
    person = new Person();
    await run('sandlight.openPort', node);
    await person.sees(/cannot open a port of udp/);
    await run('sandlight.openPort');
    await person.sees(/No container publishes such a port/);
  });

  it('openPort asks once what an unclear port speaks', async () => {
    const opened: string[] = [];
    const { openExternal } = vscode.env;
    Object.assign(vscode.env, {
      openExternal: (uri: vscode.Uri) => {
        opened.push(uri.toString());
        return Promise.resolve(true);
      },
    });
    try {
      agent.publish('c0ffee', { containerPort: 5432, hostPort: 15432, protocol: 'tcp', hostIp: '0.0.0.0' });
      const { node } = await row(/Port 5432,/);
      person = new Person('https');
      await run('sandlight.openPort', node);
      await run('sandlight.openPort', node);
      assert.deepEqual(opened, ['https://localhost:15432/', 'https://localhost:15432/']);
      assert.equal(person.shown.length, 1);
    } finally {
      Object.assign(vscode.env, { openExternal });
    }
  });

  it('showDetails opens one panel a sandbox, whose script asks for data and is sent it while it can be seen', async () => {
    person = new Person();
    const api = await sandlight();
    const { node } = await row(/^web, sandbox/);
    const panels = (): readonly vscode.Tab[] =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(
          ({ input }) =>
            input instanceof vscode.TabInputWebview && input.viewType.endsWith('sandlight.details'),
        );
    await run('sandlight.showDetails', node);
    const [shown] = await until('a panel with data', () => api.details().length > 0 && api.details());
    assert.equal(shown?.name, 'web');
    assert.equal(shown.state.word, 'degraded');
    assert.ok(shown.facts.some(({ label, value }) => label === 'Agent version' && value === '9.9.9'));

    agent.script.runtime = { ...agent.script.runtime, dockerReady: true, services: [] };
    await until('the readiness of the moment', () => api.details()[0]?.state.word === 'ready');
    assert.deepEqual(
      api
        .details()[0]
        ?.timeline.map(({ state }) => state.word)
        .slice(-2),
      ['degraded', 'ready'],
    );

    await run('sandlight.showDetails', node);
    assert.equal(panels().length, 1);
    const document = await vscode.workspace.openTextDocument({ content: 'in front' });
    await vscode.window.showTextDocument(document, { preview: false });
    await until('nothing sent to a hidden panel', () => api.details().length === 0);
    await run('sandlight.showDetails', node);
    await until('data for the panel that came back', () => api.details()[0]?.name === 'web');

    await setting('sandboxes', []);
    await until('word of the removal', () => api.details()[0]?.state.word === 'not there');
    await vscode.window.tabGroups.close(panels());
    await until('no panel', () => api.details().length === 0);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('copyDiagnostics copies states without names, endpoints or paths', async () => {
    person = new Person();
    await run('sandlight.copyDiagnostics');
    const text = await vscode.env.clipboard.readText();
    assert.match(text, /^# Sandlight diagnostics/);
    assert.match(text, /- readiness: degraded/);
    assert.match(text, /- entries of sandlight\.sandboxes: 1/);
    assert.ok(!text.includes('agent.sock') && !text.includes('web'), text);
  });

  it('the menu behind the status item offers what fits', async () => {
    person = new Person('Ping');
    await run('sandlight.showMenu');
    await person.sees(/^web answered/);
    assert.deepEqual(
      person.shown[0]?.choices
        .filter((choice) => choice.startsWith('$('))
        .map((choice) => choice.replace(/^\S+ /, '')),
      [
        'Show in Side Bar',
        'Ensure Runtime',
        'Ping',
        'Sync Clock',
        'Show Details',
        'Disconnect',
        'Refresh',
        'Add Sandbox…',
        'Show Log',
        'Copy Diagnostics',
      ],
    );
  });
});
