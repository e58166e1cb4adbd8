import { expect, test } from 'vitest';
import { destinations, releaseProblems, type ReleaseState } from '../../../scripts/release-checks.mts';

const good: ReleaseState = {
  version: '1.2.3',
  tags: ['v1.2.3'],
  changes: '',
  changelog: '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-02-28\n\n- Something.\n',
};

const problems = (changes: Partial<ReleaseState>): string =>
  releaseProblems({ ...good, ...changes }).join('\n');

test('a clean, tagged commit with a dated changelog is a release', () => {
  expect(problems({})).toBe('');
  expect(problems({ tags: ['nightly', 'v1.2.3'] })).toBe('');
});

test('the tag must be there and be that of the version', () => {
  expect(problems({ tags: [] })).toMatch(/has no tag; .* needs the tag v1\.2\.3/);
  expect(problems({ tags: ['v1.2.4'] })).toMatch(/has the tag v1\.2\.4; .* needs the tag v1\.2\.3/);
});

test('the Marketplace takes plain versions only', () => {
  expect(problems({ version: '1.2.3-rc.1', tags: ['v1.2.3-rc.1'] })).toMatch(/form 1\.2\.3/);
});

test('nothing uncommitted goes into a release', () => {
  expect(problems({ changes: ' M src/extension.ts\n?? stray.txt\n' })).toMatch(/stray\.txt/);
});

test.for([
  ['no section', '## [1.2.2] - 2026-02-28'],
  ['no date', '## [1.2.3]'],
  ['a date that does not exist', '## [1.2.3] - 2026-13-01'],
  ['the version of another', '## [1.2.30] - 2026-02-28'],
  ['a dot that is any character', '## [1x2.3] - 2026-02-28'],
])('the changelog must have a dated section: %s', ([, changelog = '']) => {
  expect(problems({ changelog })).toBe('CHANGELOG.md has no heading "## [1.2.3] - YYYY-MM-DD".');
});

test('every problem is said at once', () => {
  expect(releaseProblems({ version: '1', tags: [], changes: '?? x', changelog: '' })).toHaveLength(4);
});

test('the package goes to both registries, and tokens never onto a command line', () => {
  const targets = destinations('a.vsix');
  expect(targets.map(({ tokenVariable }) => tokenVariable)).toEqual(['VSCE_PAT', 'OVSX_PAT']);
  for (const { command } of targets) {
    expect(command).toContain('a.vsix');
    expect(command.join(' ')).not.toMatch(/PAT|--pat|-p /);
  }
});
