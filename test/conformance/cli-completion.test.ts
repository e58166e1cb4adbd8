import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliPath, runCli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const home = tempDir();
const settings = join(home, 'settings.json');
const spoiled = join(home, 'spoiled');
const names = ['dev', 'web-1', `$(touch ${spoiled})`, 'two words'];
symlinkSync(cliPath, join(home, 'sandlight'));
writeFileSync(
  settings,
  JSON.stringify({
    'sandlight.sandboxes': names.map((name) => ({ name, endpoint: `arcbox+unix:///${names.indexOf(name)}` })),
  }),
);

const env = {
  ...process.env,
  ...{ HOME: home, MSB_HOME: join(home, 'msb'), SANDLIGHT_SETTINGS: settings, TERM: 'dumb' },
  PATH: [home, dirname(process.execPath), process.env['PATH']].join(delimiter),
};

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

/** The words that a shell offers, as its own completion collects them. */
const shells: Readonly<Record<string, (...words: string[]) => string[]>> = {
  bash: (...words) => {
    const script = `source <(sandlight completion bash)
      COMP_WORDS=(sandlight "$@") COMP_CWORD=$#
      "$(complete -p sandlight | sed 's/.*-F \\([^ ]*\\).*/\\1/')" sandlight
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(execFileSync('bash', ['-c', script, 'bash', ...words], { env, encoding: 'utf8' }));
  },
  fish: (...words) => {
    const script = `sandlight completion fish | source; complete -C '${['sandlight', ...words].join(' ')}'`;
    const offered = lines(execFileSync('fish', ['--private', '-c', script], { env, encoding: 'utf8' }));
    return offered.map((line) => line.split('\t')[0] ?? '');
  },
  zsh: (...words) => {
    // Collects what would be offered, because the real list is only drawn on a terminal.
    const script = `compdef() { : }; _files() { : }; _describe() { print -l -- "\${(@)found%%:*}" }
      source <(sandlight completion zsh)
      words=(sandlight "$@") CURRENT=$(( $# + 1 )); _sandlight`;
    return lines(execFileSync('zsh', ['-f', '-c', script, 'zsh', ...words], { env, encoding: 'utf8' }));
  },
};

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe.each(Object.keys(shells))('in %s', (shell) => {
  const complete = shells[shell]!;

  test.skipIf(!has(shell))('commands, options, values and names are offered', () => {
    expect(complete('sta')).toEqual(['status']);
    expect(complete('status', '--ch')).toEqual(['--check']);
    expect(complete('agent', '--protocol', 'micro').sort()).toEqual(['microsandbox', 'microsandbox-direct']);
    expect(complete('ping', '--count', '3', 'de')).toEqual(['dev']);
    expect(complete('completion', 'z')).toEqual(['zsh']);
  });

  test.skipIf(!has(shell))('only names that are one word, and none is evaluated', () => {
    const offered = complete('status', '');
    expect(offered).toEqual(expect.arrayContaining(['dev', 'web-1']));
    expect(offered.filter((word) => word.includes('touch') || word.includes('two'))).toEqual([]);
    expect(existsSync(spoiled)).toBe(false);
  });
});

test('another shell is a usage error that names those there are', async () => {
  const { status, stderr } = await runCli(['completion', 'csh']);
  expect(status).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});
