/** What a release is judged by. */
export interface ReleaseState {
  /** The version in package.json. */
  readonly version: string;
  /** Tags at the commit that is checked out. */
  readonly tags: readonly string[];
  /** `git status --porcelain`. */
  readonly changes: string;
  /** CHANGELOG.md. */
  readonly changelog: string;
}

/** Why this is not a release, one sentence each; empty when it is. */
export function releaseProblems({ version, tags, changes, changelog }: ReleaseState): readonly string[] {
  const tag = `v${version}`;
  const problems: string[] = [];
  if (!/^\d+\.\d+\.\d+$/.test(version))
    problems.push(
      `The version ${version} in package.json is not of the form 1.2.3, which the Marketplace asks for.`,
    );
  if (!tags.includes(tag)) {
    const found = tags.length === 0 ? 'has no tag' : `has the tag ${tags.join(', ')}`;
    problems.push(
      `The checked-out commit ${found}; package.json says ${version}, so it needs the tag ${tag}.`,
    );
  }
  if (changes.trim() !== '')
    problems.push(`The working tree differs from the commit; commit or remove:\n${changes.trimEnd()}`);
  const heading = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - (\\d{4}-\\d{2}-\\d{2})$`, 'm');
  const date = heading.exec(changelog)?.[1];
  if (date === undefined || Number.isNaN(Date.parse(date)))
    problems.push(`CHANGELOG.md has no heading "## [${version}] - YYYY-MM-DD".`);
  return problems;
}

/** A registry of extensions and how the package gets there. */
export interface Destination {
  readonly name: string;
  /** Holds the token of whoever publishes; the programs read it from there. */
  readonly tokenVariable: string;
  readonly command: readonly string[];
}

/** Where the package `vsix` goes. Open VSX's program is fetched for the occasion: it is no part of the project. */
export function destinations(vsix: string): readonly Destination[] {
  return [
    {
      name: 'Visual Studio Marketplace',
      tokenVariable: 'VSCE_PAT',
      command: ['vsce', 'publish', '--packagePath', vsix],
    },
    {
      name: 'Open VSX',
      tokenVariable: 'OVSX_PAT',
      command: ['npx', '--yes', 'ovsx@1', 'publish', vsix],
    },
  ];
}
