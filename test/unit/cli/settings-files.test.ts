import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseJsonWithComments } from '../../../src/base/json.ts';
import { maxSettingsBytes, readSettingsFiles, settingsFiles } from '../../../src/cli/settings-files.ts';
import { tempDir } from '../../support/temp-dir.ts';

const directory = tempDir();

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test('settings may have comments and a comma after the last entry, and texts that look like them', () => {
  const text = '\ufeff{ // a\n"a": "//x,] /*", /* b\n */ "b": [1, // c\n ], "c\\"": ",}", }';
  expect(parseJsonWithComments(text)).toEqual({ a: '//x,] /*', b: [1], 'c"': ',}' });
  expect(parseJsonWithComments('{"a": 1 /* }')).toBeUndefined();
});

test('a sandbox that is in two files alike counts once', async () => {
  const entry = (name: string): string =>
    JSON.stringify({ 'sandlight.sandboxes': [{ name, endpoint: 'arcbox+unix:///a' }] });
  const files = [file('one', entry('dev')), file('two', entry('dev')), file('three', entry('other'))];
  const { specs, notes } = await readSettingsFiles(files);
  expect(specs.map(({ name }) => name)).toEqual(['dev', 'other']);
  expect(notes).toEqual([]);
});

test('a file that is absent is none; one that cannot be read is told', async () => {
  const tooLarge = file('large', ' '.repeat(maxSettingsBytes + 1));
  const { specs, notes } = await readSettingsFiles([join(directory, 'absent'), directory, tooLarge]);
  expect(specs).toEqual([]);
  expect(notes).toHaveLength(2);
  expect(notes[1]).toContain('larger than');
});

test('only files of the person are looked for, or the one that is named', () => {
  const linux = settingsFiles({}, '/home/me', 'linux');
  expect(linux).toContain('/home/me/.config/Code/User/settings.json');
  expect(linux).toContain('/home/me/.vscode-server/data/Machine/settings.json');
  expect(settingsFiles({ XDG_CONFIG_HOME: '/x' }, '/home/me', 'linux')[0]).toBe('/x/Code/User/settings.json');
  expect(settingsFiles({}, '/Users/me', 'darwin')[0]).toBe(
    '/Users/me/Library/Application Support/Code/User/settings.json',
  );
  expect(settingsFiles({ SANDLIGHT_SETTINGS: '/mine' }, '/home/me', 'linux')).toEqual(['/mine']);
});
