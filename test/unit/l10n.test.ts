import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const readStrings = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, string>;

/** The first arguments of all calls of `l10n.t` in src/. */
function stringsOfSource(): string[] {
  const strings = new Set<string>();
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(root, 'src', file), 'utf8');
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText(source))) {
        const [message] = node.arguments;
        if (message === undefined || !ts.isStringLiteralLike(message)) {
          throw new Error(`${file}: l10n.t needs its text in place, not ${node.getText(source)}`);
        }
        strings.add(message.text);
      }
      ts.forEachChild(node, visit);
    };
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    visit(source);
  }
  return [...strings];
}

/** What must survive a translation: the holes for arguments, links to commands and to settings, code. */
function fixedParts(text: string): string[] {
  return [...text.matchAll(/\{\d+\}|\(command:[^)]*\)|`#[^`]*#`|`[a-z]+\+[a-z]+:[^`]*`/g)]
    .map(([part]) => part)
    .sort();
}

const fixedPartsOf = (strings: Record<string, string>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(strings).map(([key, text]) => [key, fixedParts(text)]));

for (const language of ['de', 'zh-cn']) {
  test(`${language}: every string of the code is translated, with its arguments, and no other`, () => {
    const bundle = readStrings(`l10n/bundle.l10n.${language}.json`);
    const source = stringsOfSource();
    expect(Object.keys(bundle).sort()).toEqual(source.sort());
    expect(fixedPartsOf(bundle)).toEqual(
      fixedPartsOf(Object.fromEntries(source.map((text) => [text, text]))),
    );
    expect(Object.values(bundle)).not.toContain('');
  });

  test(`${language}: every string of the manifest is translated, with its commands, and no other`, () => {
    const english = readStrings('package.nls.json');
    const bundle = readStrings(`package.nls.${language}.json`);
    expect(Object.keys(bundle)).toEqual(Object.keys(english));
    expect(fixedPartsOf(bundle)).toEqual(fixedPartsOf(english));
    expect(Object.values(bundle)).not.toContain('');
  });
}

test('in Chinese nearly nothing is left in English', () => {
  const bundle = { ...readStrings('l10n/bundle.l10n.zh-cn.json'), ...readStrings('package.nls.zh-cn.json') };
  const untranslated = Object.values(bundle).filter((text) => !/\p{Script=Han}/u.test(text));
  const withWords = untranslated.filter((text) => /\p{L}{2,}/u.test(text));
  expect([...new Set(withWords)].sort()).toEqual([
    'Ping',
    'Sandlight',
    'Sandlight，{0}',
    'WSL（{0}）',
    '{0} GiB',
    '{0} MiB',
  ]);
});
