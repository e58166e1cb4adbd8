import { describe, expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { candidatesFor } from '../../../src/cli/candidates.ts';
import { commands } from '../../../src/cli/commands.ts';

/** What may stand in the place of the last word. */
async function offered(...words: string[]): Promise<string[]> {
  const names = [{ word: plain`box`, summary: plain`running` }];
  return (await candidatesFor(words, commands, () => Promise.resolve(names))).map(({ word }) => word);
}

describe('what completion offers', () => {
  test('follows the table of commands', async () => {
    expect(await offered('')).toEqual(commands.map(({ name }) => name));
    expect(await offered('help', '')).toEqual(commands.map(({ name }) => name));
    expect(await offered('--')).toEqual(['--help', '--version']);
    expect(await offered('list', '--j')).toEqual(['--json']);
  });

  test('is names of sandboxes where one may stand, wherever options are', async () => {
    for (const words of [
      ['status', ''],
      ['status', '--json', ''],
      ['ping', '--count', '3', 'b'],
    ])
      expect(await offered(...words)).toEqual(['box']);
    expect(await offered('status', 'box', '')).toEqual([]);
    expect(await offered('list', '')).toEqual([]);
  });

  test('is nothing for a file, a number, a program and what is no command', async () => {
    expect(await offered('status', '--tls-ca', '')).toEqual([]);
    expect(await offered('ping', '--count', '')).toEqual([]);
    expect(await offered('complete', '--', '')).toEqual([]);
    expect(await offered('nonsense', '')).toEqual([]);
  });
});
