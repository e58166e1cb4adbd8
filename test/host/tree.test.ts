import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { allRows, noRow, Person, row, run, sandlight, setting, until } from './support.ts';

describe('the tree and the status item', () => {
  let agent: ScriptedAgent;

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
    await setting('sandboxes', undefined);
    await noRow(/sandbox/);
    await agent.close();
  });

  it('shows services with their words, and the readiness they make', async () => {
    const api = await sandlight();
    await row(/^containerd, service, ready, socket reachable$/);
    await row(/^dockerd, service, not ready, no reachable socket found$/);
    await row(/^web, sandbox, degraded, dockerd not ready$/);
    // Rows that are asked for may be ahead of the event that the status item follows.
    await until(
      'the status item',
      () => api.status().text === '$(warning) web: degraded · dockerd not ready',
    );
    assert.equal(api.status().background, 'warning');
    assert.match(api.status().tooltip, /Services: 1 of 2 ready/);
  });

  it('follows a service that becomes ready', async () => {
    agent.script.runtime = {
      ...agent.script.runtime,
      dockerReady: true,
      services: agent.script.runtime.services.map((service) => ({ ...service, status: 'ready' })),
    };
    await run('sandlight.refresh');
    await row(/^web, sandbox, ready$/);
    assert.equal((await sandlight()).status().text, '$(pass-filled) web: ready');
  });

  it('shows a published port by push, and takes it away', async () => {
    await row(/^No container publishes a port$/);
    agent.publish('c0ffee', { containerPort: 8080, hostPort: 49152, protocol: 'tcp', hostIp: '127.0.0.1' });
    const port = await row(/^container c0ffee, Port 8080, published on localhost:49152, tcp$/);
    assert.equal(port.label, 'c0ffee localhost:49152');
    assert.equal(port.description, '→ 8080');
    assert.equal(port.contextValue, 'port+tcp+container');
    agent.publish('c0ffee');
    await noRow(/Port 8080/);
  });

  it('warns in the row of a ready sandbox whose clock is far behind', async () => {
    agent.script.clockAheadMs = -29_880_000;
    agent.script.runtime = {
      ...agent.script.runtime,
      containerdReady: true,
      dockerReady: true,
      services: [],
    };
    await run('sandlight.refresh');
    const box = await row(/^web, sandbox, ready, clock 8 h behind$/);
    assert.equal(box.description, 'ready · clock 8 h behind');
  });

  it('tells the reason first and the endpoint last where nothing is found', async () => {
    await setting('sandboxes', [{ name: 'staging', endpoint: 'arcbox+unix:///run/nowhere/staging.sock' }]);
    const box = await row(/^staging, sandbox, unreachable, no socket at/);
    assert.match(
      box.description,
      /^unreachable · no socket at \/run\/nowhere\/staging\.sock( · next try \d\d:\d\d:\d\d)?$/,
    );
    assert.match((await row(/^Not reachable, trying again/)).description, / · arcbox\+unix:.*staging\.sock$/);
  });

  it('offers the address of a database, in the forms that clients take', async () => {
    agent.publish('d0d0', { containerPort: 5432, hostPort: 15432, protocol: 'tcp', hostIp: '127.0.0.1' });
    const port = await row(/Port 5432,/);
    const person = new Person('Copy postgresql://');
    try {
      await run('sandlight.openPort', port.node);
      assert.deepEqual(person.shown[0]?.choices.slice(0, 2), [
        'Copy localhost:15432',
        'Copy postgresql://localhost:15432',
      ]);
    } finally {
      person.leave();
    }
    assert.match(await vscode.env.clipboard.readText(), /^postgresql:\/\/.*:\d+/);
  });

  it('groups ports by container and lists them by name, as the title of the view offers', async () => {
    agent.publish('c0ffee', { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '127.0.0.1' });
    await row(/^container c0ffee, Port 80,/);
    await run('sandlight.groupPorts');
    try {
      const container = await row(/^c0ffee, container$/);
      assert.deepEqual(
        container.children.map(({ label }) => label),
        ['localhost:8080'],
      );
    } finally {
      await run('sandlight.listPorts');
    }
    await noRow(/^c0ffee, container$/);
  });

  it('keeps the last data when the agent vanishes, says so without a notification, and reconnects', async () => {
    const person = new Person();
    try {
      await agent.vanish();
      await row(/^web, sandbox, unreachable, .*earlier data$/);
      await row(/^containerd, service, ready, earlier data/);
      assert.match((await row(/^Connection lost/)).description, /agent\.sock$/);
      assert.equal((await sandlight()).status().background, 'error');
      await agent.resume();
      await row(/^web, sandbox, degraded, dockerd not ready$/);
      await noRow(/earlier data/);
      assert.deepEqual(person.shown, []);
    } finally {
      person.leave();
    }
  });

  it('keeps every id through a loss and a reconnect', async () => {
    const ids = async (): Promise<string[]> => (await allRows()).map(({ id }) => id).sort();
    await row(/^Clock/);
    const before = await ids();
    assert.equal(new Set(before).size, before.length);
    await agent.vanish();
    await row(/^web, sandbox, unreachable/);
    assert.deepEqual(
      (await ids()).filter((id) => !id.includes('/message/')),
      before.filter((id) => !id.includes('/message/')),
    );
  });

  it('shows what a hostile guest sends as plain, bounded text', async () => {
    agent.script.runtime.services = [
      { name: `\u202e$(flame)\n[x](command:y)${'z'.repeat(10_000)}`, status: '', detail: '\u001b[31m' },
    ];
    await run('sandlight.refresh');
    const service = await row(/\$\(flame\)/);
    assert.ok(service.label.length <= 100);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(JSON.stringify(service.spoken + service.label), /[\u0000-\u001f\u202a-\u202e]|\\u00/);
    await row(/^Not everything the guest sent is shown/);
  });

  it('tells two sandboxes of one name and their equal containers apart, and follows the worst in the status item', async () => {
    const other = await ScriptedAgent.start();
    try {
      const binding = { containerPort: 80, hostPort: 8080, protocol: 'tcp', hostIp: '0.0.0.0' };
      agent.publish('c0ffee', binding);
      other.publish('c0ffee', binding);
      await setting('sandboxes', [
        { name: 'web', endpoint: agent.endpoint },
        { name: 'web', endpoint: other.endpoint },
      ]);
      const api = await sandlight();
      const ports = await until('two port rows', () => {
        const rows = api.rows().flatMap(({ children }) => children.flatMap((group) => group.children));
        const found = rows.filter(({ spoken }) => spoken.includes(', Port 80,'));
        return found.length === 2 && found;
      });
      assert.notEqual(ports[0]?.id, ports[1]?.id);
      await other.vanish();
      await until('both in need of attention', () => api.status().text.endsWith(' 2 of 2 need attention'));
    } finally {
      await other.close();
    }
  });

  it('uses the good entries of a setting with bad ones', async () => {
    await setting('sandboxes', [
      { name: '' },
      7,
      { name: 'good', endpoint: agent.endpoint },
      { name: 'bad', endpoint: 'x' },
    ]);
    await row(/^good, sandbox, degraded/);
    assert.deepEqual(
      (await sandlight()).sandboxes().map(({ name }) => name),
      ['good'],
    );
    const api = await sandlight();
    await setting('sandboxes', 'nonsense');
    await until('an empty tree', () => api.rows().length === 0);
  });

  it('takes nothing from the settings of a workspace', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const file = vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json');
    const evil = { 'sandlight.sandboxes': [{ name: 'evil', endpoint: agent.endpoint }], 'editor.tabSize': 3 };
    await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify(evil)));
    try {
      await until(
        'the settings of the workspace',
        () => vscode.workspace.getConfiguration('editor').get('tabSize') === 3,
      );
      await run('sandlight.refresh');
      assert.deepEqual(
        (await sandlight()).sandboxes().map(({ name }) => name),
        ['web'],
      );
    } finally {
      await vscode.workspace.fs.delete(file);
    }
  });
});
