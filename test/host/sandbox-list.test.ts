import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { goBack, noRow, Person, row, run, sandlight, setting } from './support.ts';

/** The setting as it stands. */
const entries = (): unknown => vscode.workspace.getConfiguration('sandlight').get('sandboxes');

const nowhere = 'arcbox+unix:///nowhere/agent.sock';

describe('the list of sandboxes', () => {
  let agent: ScriptedAgent;
  let other: ScriptedAgent;
  let person: Person;

  before(async () => {
    await sandlight();
    await run('sandlight.stopLocalAgent');
  });

  beforeEach(async () => {
    agent = await ScriptedAgent.start();
    other = await ScriptedAgent.start();
    await setting('sandboxes', [{ name: 'web', endpoint: agent.endpoint, docker: '/run/d.sock' }]);
    await row(/^dockerd, service/);
  });

  afterEach(async () => {
    person.leave();
    await setting('sandboxes', undefined);
    await noRow(/sandbox/);
    await agent.close();
    await other.close();
  });

  /** Answers as one does who pastes an endpoint. */
  const paste = (...answers: string[]): Person => new Person('Paste an endpoint', ...answers);

  it('addSandbox asks for the way first, tests the endpoint and saves it; removeSandbox takes it out', async () => {
    person = paste(other.endpoint, 'db');
    await run('sandlight.addSandbox');
    await person.sees(/^db answered after .* and was added\.$/);
    assert.deepEqual(
      person.shown[0]?.choices.map((choice) => choice.replace(/^\S+ /, '')),
      [
        'Found on this machine',
        'Socket file',
        'Over SSH',
        'In a Docker container',
        'In a Kubernetes pod',
        'TLS host',
        'Paste an endpoint',
      ],
    );
    const added = await row(/^db, sandbox, degraded/);
    person.leave();
    person = new Person('Remove');
    await run('sandlight.removeSandbox', added.node);
    await noRow(/^db, sandbox/);
    assert.deepEqual(entries(), [{ name: 'web', endpoint: agent.endpoint, docker: '/run/d.sock' }]);
  });

  it('addSandbox builds the endpoint of a socket from its path, and goes back', async () => {
    const path = other.endpoint.replace('arcbox+unix://', '');
    person = new Person('Over SSH', goBack, 'Socket file', 'agent.sock', path, 'arcbox', 'db');
    await run('sandlight.addSandbox');
    await person.sees(/^Write an absolute path/);
    await person.sees(/^db answered after/);
    await row(/^db, sandbox, degraded/);
  });

  it('addSandbox offers what somebody may have meant', async () => {
    const path = other.endpoint.replace('arcbox+unix://', '');
    person = paste(`arcbox:${path}`, other.endpoint, 'db');
    await run('sandlight.addSandbox');
    const { choices } = await person.sees(/^This is not an endpoint\. Which one is meant\?$/);
    assert.deepEqual(choices, [other.endpoint]);
    await row(/^db, sandbox, degraded/);
  });

  it('a half-typed endpoint is answered by a sentence', async () => {
    person = paste('arcbox+');
    await run('sandlight.addSandbox');
    await person.sees(/^"arcbox\+" is not an endpoint: /);
  });

  it('a name is used once, however it is written, and it is said who has it', async () => {
    person = paste(other.endpoint, 'WEB', 'db');
    await run('sandlight.addSandbox');
    const { text } = await person.sees(/^"web" is already the name of the sandbox at /);
    assert.ok(text.includes('agent.sock'), text);
    await row(/^db, sandbox, degraded/);
    await noRow(/^WEB, sandbox/);
  });

  it('what does not answer is saved only when told to, and Enter does not', async () => {
    person = paste(nowhere, 'ghost');
    await run('sandlight.addSandbox');
    const { choices } = await person.sees(/does not answer/);
    assert.deepEqual(choices, ['Edit Endpoint', 'Try Again', 'Save Anyway']);
    await noRow(/^ghost, sandbox/);
    person.leave();
    person = paste(nowhere, 'ghost', 'Try Again', 'Edit Endpoint', nowhere, 'ghost', 'Save Anyway');
    await run('sandlight.addSandbox');
    await row(/^ghost, sandbox, unreachable/);
  });

  it('entries that were written by hand while questions were answered stay', async () => {
    const byHand = { name: 'by hand', endpoint: nowhere };
    person = paste(other.endpoint, 'db');
    const web = { name: 'web', endpoint: agent.endpoint };
    person.meanwhile = () => setting('sandboxes', [byHand, web, { name: 'half', endpoint: 'arcbox+' }]);
    await run('sandlight.addSandbox');
    await row(/^db, sandbox, degraded/);
    assert.deepEqual(entries(), [
      byHand,
      web,
      { name: 'half', endpoint: 'arcbox+' },
      { name: 'db', endpoint: other.endpoint },
    ]);
  });

  it('editSandbox changes name and endpoint, and leaves the rest of the entry', async () => {
    person = new Person('shop', other.endpoint);
    await run('sandlight.editSandbox', (await row(/^web, sandbox/)).node);
    await person.sees(/^shop answered after .* and was saved\.$/);
    await row(/^shop, sandbox, degraded/);
    await noRow(/^web, sandbox/);
    assert.deepEqual(entries(), [{ name: 'shop', endpoint: other.endpoint, docker: '/run/d.sock' }]);
  });

  it('editSandbox says when its entry has gone meanwhile, and brings nothing back', async () => {
    const { node } = await row(/^web, sandbox/);
    person = new Person('shop', nowhere, 'Save Anyway');
    person.meanwhile = () => setting('sandboxes', [{ name: 'other', endpoint: other.endpoint }]);
    await run('sandlight.editSandbox', node);
    await person.sees(/^The settings were changed meanwhile/);
    assert.deepEqual(entries(), [{ name: 'other', endpoint: other.endpoint }]);
  });

  it('renameSandbox asks for the name alone', async () => {
    person = new Person('Web');
    await run('sandlight.renameSandbox', (await row(/^web, sandbox/)).node);
    await row(/^Web, sandbox, degraded/);
    assert.equal(person.shown.length, 1);
    assert.deepEqual(entries(), [{ name: 'Web', endpoint: agent.endpoint, docker: '/run/d.sock' }]);
  });

  it('duplicateSandbox adds a copy under a name of its own', async () => {
    person = new Person('web', 'web 2', other.endpoint);
    await run('sandlight.duplicateSandbox', (await row(/^web, sandbox/)).node);
    await person.sees(/^"web" is already the name/);
    await row(/^web 2, sandbox, degraded/);
    assert.deepEqual(entries(), [
      { name: 'web', endpoint: agent.endpoint, docker: '/run/d.sock' },
      { name: 'web 2', endpoint: other.endpoint, docker: '/run/d.sock' },
    ]);
  });

  it('commands act on the selected row, and copy what it stands for', async () => {
    other.script.runtime = { ...other.script.runtime, dockerReady: true, services: [] };
    await setting('sandboxes', [
      { name: 'db', endpoint: other.endpoint },
      { name: 'web', endpoint: agent.endpoint },
    ]);
    await row(/^db, sandbox, ready/);
    person = new Person('Show in Side Bar');
    // Selects the row of the sandbox that is worst off.
    await run('sandlight.showMenu');
    await run('sandlight.ping');
    await person.sees(/^web answered/);
    await run('sandlight.copyEndpoint');
    assert.equal(await vscode.env.clipboard.readText(), agent.endpoint);
    assert.deepEqual(
      person.shown.filter(({ text }) => text === 'Which sandbox?'),
      [],
    );
  });
});
