import { expect, test } from 'vitest';
import {
  entryOf,
  holderOf,
  unusedName,
  withChangedSandbox,
  withoutSandbox,
  withSandbox,
} from '../../../src/sandboxes/sources/settings-edits.ts';
import { readConfiguredSandboxes } from '../../../src/sandboxes/sources/settings.ts';

const web = {
  name: 'Web',
  endpoint: 'arcbox+unix:///run/web.sock',
  docker: '/run/docker.sock',
  tls: { caFile: '/etc/ca.pem' },
};
const db = { name: 'db', endpoint: 'arcbox+unix:///run/db.sock' };
const broken = { name: 'half', endpoint: 'arcbox+' };
const setting = [broken, web, 5, db];
const { specs } = readConfiguredSandboxes(setting);
const idOf = (name: string): string => specs.find((spec) => spec.name === name)!.id;

test('a change touches the words of one entry alone', () => {
  expect(withChangedSandbox(setting, idOf('Web'), { name: 'shop' })).toEqual([
    broken,
    { ...web, name: 'shop' },
    5,
    db,
  ]);
  expect(withSandbox(setting, { name: 'new' })).toEqual([...setting, { name: 'new' }]);
  expect(withoutSandbox(setting, idOf('db'))).toEqual([broken, web, 5]);
  expect(entryOf(setting, idOf('Web'))).toBe(web);
  expect(entryOf(setting, 'another')).toBeUndefined();
});

test('an entry that is gone meanwhile is not brought back', () => {
  expect(() => withChangedSandbox([broken, db], idOf('Web'), { name: 'shop' })).toThrow(/changed meanwhile/);
});

test('a setting that is no list is not written over', () => {
  for (const other of [{}, 'text', 5]) expect(() => withSandbox(other, db)).toThrow(/must be a list/);
  expect(withSandbox(undefined, db)).toEqual([db]);
});

test('a name belongs to one sandbox, however it is written', () => {
  for (const name of ['web', 'WEB', ' Web ']) expect(holderOf(name, specs)?.id).toBe(idOf('Web'));
  expect(holderOf('web', specs, idOf('Web'))).toBeUndefined();
  expect(holderOf('webs', specs)).toBeUndefined();
  const [umlaut] = readConfiguredSandboxes([{ ...db, name: 'u\u0308ber' }]).specs;
  expect(holderOf('\u00dcber', [umlaut!])).toBe(umlaut);
});

test('a copy takes the first number that is free', () => {
  expect(unusedName('new', specs)).toBe('new');
  expect(unusedName('web', specs)).toBe('web 2');
  const more = readConfiguredSandboxes([web, { ...db, name: 'WEB 2' }]).specs;
  expect(unusedName('web', more)).toBe('web 3');
});
