import { expect, test } from 'vitest';
import { maxConfiguredSandboxes, readConfiguredSandboxes } from '../../../src/sandboxes/sources/settings.ts';

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
  const many = Array.from({ length: maxConfiguredSandboxes + 7 }, (_, index) => ({
    ...good,
    name: `vm ${index}`,
  }));
  const { specs, problems } = readConfiguredSandboxes(many);
  expect(specs).toHaveLength(maxConfiguredSandboxes);
  expect(problems).toEqual([
    `sandlight.sandboxes has ${maxConfiguredSandboxes + 7} entries; only the first ${maxConfiguredSandboxes} are used.`,
  ]);
});

test('5,000 sandboxes are all there, each with an id of its own', () => {
  const many = Array.from({ length: 5000 }, (_, index) => ({ ...good, name: `vm ${index}` }));
  const { specs, problems } = readConfiguredSandboxes(many);
  expect(new Set(specs.map(({ id }) => id)).size).toBe(5000);
  expect(problems).toEqual([]);
});

test('the work grows with the list, not with its square', () => {
  const looks = (count: number): number => {
    let reads = 0;
    const entries = Array.from({ length: count }, (_, index) => ({
      ...good,
      get name() {
        reads++;
        return `vm ${index % 50}`;
      },
    }));
    readConfiguredSandboxes(entries);
    return reads;
  };
  expect(looks(8000)).toBe(8 * looks(1000));
});

test('many bad entries are ten sentences and a count of the others', () => {
  const bad = (count: number): readonly string[] =>
    readConfiguredSandboxes(Array.from({ length: count }, () => null)).problems;
  expect(bad(10)).toHaveLength(10);
  expect(bad(11)).toHaveLength(11);
  expect(bad(11).at(-1)).toBe('One more entry of sandlight.sandboxes cannot be used.');
  expect(bad(9000)).toHaveLength(11);
  expect(bad(9000).at(-1)).toBe('8990 more entries of sandlight.sandboxes cannot be used.');
});

test('a name is shown as plain text, and one that cannot be seen is none', () => {
  const { specs, problems } = readConfiguredSandboxes([
    { ...good, name: 'vm\u202e\u001b]0;x' },
    { ...good, name: 'vm ]0;x' },
    { ...good, name: '\u200b\u2060' },
  ]);
  expect(specs.map(({ name }) => name)).toEqual(['vm ]0;x', 'vm ]0;x']);
  expect(new Set(specs.map(({ id }) => id)).size).toBe(2);
  expect(problems).toEqual(['Entry 3 of sandlight.sandboxes: its name must be a text that is not empty.']);
});
