import { describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import { commands } from '../../src/cli/commands.ts';
import { runCli } from '../support/cli.ts';

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]], [['nonsense', '--help']]])(
    'of everything: %j',
    async (args) => {
      const { status, stdout, stderr } = await runCli(args);
      expect([status, stderr]).toEqual([0, '']);
      for (const { name, summary } of commands)
        expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    },
  );

  test.each(commands.map(({ name }) => name))('of %s, whatever else is given', async (name) => {
    const { status, stdout, stderr } = await runCli([name, '--nonsense', '--help']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Usage: sandlight ${name}`);
    const command = commands.find((row) => row.name === name)!;
    for (const option of [...Object.keys(command.options), 'json', 'help'])
      expect(stdout).toMatch(new RegExp(`^  --${option}\\b`, 'm'));
    expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
  });

  test('of what is no command is a usage error', async () => {
    expect(await runCli(['help', 'nonsense'])).toMatchObject({ status: 2, stdout: '' });
  });
});

test('the version is that of the package', async () => {
  expect(await runCli(['--version'])).toEqual({ status: 0, stdout: `sandlight ${version}\n`, stderr: '' });
});

test('arguments that are missing or too many are told with the usage', async () => {
  for (const args of [['status'], ['status', 'a', 'b'], ['list', 'x']]) {
    const { status, stdout, stderr } = await runCli(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`Usage: sandlight ${args[0]!}`);
  }
});
