import { expect, test } from 'vitest';
import { readConfiguredSandboxes } from '../../../src/sandboxes/sources/configured.ts';

const good = { name: 'vm', endpoint: 'arcbox+unix:///run/agent.sock' };

test('good entries work whatever the others are, and every bad one is told with its place', () => {
  const { specs, problems } = readConfiguredSandboxes([
    good,
    null,
    'text',
    {},
    { name: ' ', endpoint: good.endpoint },
    { name: 'x'.repeat(200), endpoint: good.endpoint },
    { name: 'no endpoint' },
    { name: 'bad endpoint', endpoint: 'file:///etc/passwd' },
    { ...good, docker: 'relative.sock' },
    good,
    { name: 'second', endpoint: 'arcbox+tcp://127.0.0.1:7000', docker: '/run/docker.sock' },
  ]);
  expect(specs.map(({ name }) => name)).toEqual(['vm', 'second']);
  expect(specs[1]).toMatchObject({ dockerSocket: '/run/docker.sock', source: 'settings' });
  expect(problems).toHaveLength(9);
  expect(problems[0]).toMatch(/^Entry 2 of sandlight\.sandboxes: /);
  expect(problems.at(-1)).toBe('Entry 10 of sandlight.sandboxes repeats vm.');
});

test('two sandboxes of one name are told apart by their endpoints', () => {
  const { specs, problems } = readConfiguredSandboxes([
    good,
    { ...good, endpoint: 'arcbox+unix:///run/other.sock' },
  ]);
  expect(problems).toEqual([]);
  expect(new Set(specs.map(({ id }) => id)).size).toBe(2);
});

test.each([[undefined], [null], [[]]])('%j is no sandbox and no problem', (setting) => {
  expect(readConfiguredSandboxes(setting)).toEqual({ specs: [], problems: [] });
});

test.each([[{}], ['text'], [5]])('%j is one problem', (setting) => {
  expect(readConfiguredSandboxes(setting).problems).toHaveLength(1);
});

test('a list beyond the limit is cut, and that is told', () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ ...good, name: `vm ${index}` }));
  const { specs, problems } = readConfiguredSandboxes(many);
  expect(specs).toHaveLength(200);
  expect(problems.at(-1)).toContain('Only the first 200');
});
