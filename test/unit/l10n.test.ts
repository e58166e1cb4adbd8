import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { config } from '@vscode/l10n';
import ts from 'typescript';
import { expect, onTestFinished, test } from 'vitest';
import { connectAgent } from '../../src/agent/connect.ts';
import { parseEndpoint } from '../../src/agent/endpoint.ts';
import { AgentError } from '../../src/agent/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { useEditorLanguage } from '../../src/host/language.ts';
import { l10n } from '../support/vscode-strings.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const readStrings = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, string>;

/** The source files below `folders` of src/, parsed. */
function parseSource(...folders: readonly string[]): ts.SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith(`generated${sep}`))
      .map((name) => join('src', folder, name))
      .map((path) =>
        ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true),
      ),
  );
}

function visitAll(source: ts.SourceFile, visit: (node: ts.Node) => void): void {
  const each = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, each);
  };
  each(source);
}

/** Both libraries call it `t`: VS Code's own and `@vscode/l10n`, which code that does not know VS Code uses. */
const isTranslation = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && /^(vscode\.)?(l10n\.)?t$/.test(node.expression.getText());

/** The first arguments of all calls of `t` in src/. */
function stringsOfSource(): string[] {
  const strings = new Set<string>();
  for (const source of parseSource('.')) {
    visitAll(source, (node) => {
      if (!isTranslation(node)) return;
      const [message] = node.arguments;
      if (message === undefined || !ts.isStringLiteralLike(message)) {
        throw new Error(`${source.fileName}: t needs its text in place, not ${node.getText()}`);
      }
      strings.add(message.text);
    });
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

/** The text of a literal on one line, with a word in place of each hole; `undefined` for any other node. */
function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  const text = node.head.text + node.templateSpans.map(({ literal }) => `hole${literal.text}`).join('');
  return text.replace(/\s+/g, ' ').trim();
}

/** Whether what `node` says is translated, or is not for the eyes of the extension's users. */
function isAccountedFor(node: ts.Node): boolean {
  if (isTranslation(node)) return true;
  // The log is for those who mend things, and is searched for English words.
  if (ts.isCallExpression(node) && /\blog(ger)?\.\w+$/i.test(node.expression.getText())) return true;
  // Only the command line can be used wrongly.
  return ts.isNewExpression(node) && node.arguments?.[0]?.getText() === "'usage'";
}

function isInside(node: ts.Node, matches: (outer: ts.Node) => boolean): boolean {
  for (let outer = node; !ts.isSourceFile(outer); outer = outer.parent) if (matches(outer)) return true;
  return false;
}

/** What no translation may touch, or nobody sees in the extension; holes read `hole`. */
const notForTranslation = [
  // Programs read these.
  "CASE typeof(hole) WHEN 'text' THEN json_quote(hole) END AS hole",
  'CONNECT hole',
  'SELECT name FROM pragma_table_info(?)',
  'coalesce(active_config, config)',
  'SELECT COUNT(*) AS total FROM sandbox',
  "SELECT type FROM pragma_table_list('sandbox') WHERE schema = 'main'",
  "WITH page AS ( SELECT rowid, name, status, CASE WHEN octet_length(hole) <= hole AND json_valid(hole) THEN hole END AS config FROM sandbox WHERE rowid < ? ORDER BY rowid DESC LIMIT hole) SELECT rowid, hole, hole, config IS NOT NULL AS isTold, json_extract(config, '$.network.ports') AS ports, json_extract(config, '$.runtime.guest_clock') AS guestClock FROM page",
  // Sent over the wire, in the words of the Go implementation.
  'message length hole exceed maximum message size of hole',
  // A name, which is also an id, and a name before a sentence.
  'sandbox hole',
  'hole: hole',
  // A key, of a call and how it failed.
  'hole hole',
  // Written to the log.
  'still unreachable, hole tries',
  // Only the command line decodes captures.
  'The payload',
  // Written to the log before the words of another program.
  'local agent: hole',
  // Written to the log, as the cause of an error that says it in the reader's language.
  'no Client and no Server in it',
  // Says for those who review it why a text may be shown.
  'Words of ours, numbers, and parts escaped to printable ASCII.',
];

test('nothing else that reads like a sentence passes the translation by', () => {
  const untranslated: string[] = [];
  for (const source of parseSource('agent', 'sandboxes', 'docker')) {
    visitAll(source, (node) => {
      const text = literalText(node);
      if (text === undefined || !/\p{L}{2,}[,;:.]? \p{L}{2,}/u.test(text)) return;
      if (!isInside(node, isAccountedFor)) untranslated.push(text);
    });
  }
  expect(untranslated.sort()).toEqual(notForTranslation.sort());
});

/** What a user reads who connects to nothing while VS Code has loaded `bundle`. */
async function readReasonWith(bundle: Readonly<Record<string, string>> | undefined): Promise<string> {
  l10n.bundle = bundle;
  useEditorLanguage();
  const endpoint = parseEndpoint('arcbox+unix:///nonexistent/agent.sock');
  const failure: unknown = await connectAgent(endpoint, { timeoutMs: 5000, logger: silentLogger }).catch(
    (error: unknown) => error,
  );
  return AgentError.from(failure, 'usage').message;
}

test("a failed connection speaks English until VS Code's language is known to be another", async () => {
  onTestFinished(() => {
    config({ contents: {} });
  });
  expect(await readReasonWith(undefined)).toBe(
    'arcbox+unix:///nonexistent/agent.sock: Nothing exists at this path. Start the agent or correct the path.',
  );
  expect(await readReasonWith(readStrings('l10n/bundle.l10n.de.json'))).toBe(
    'arcbox+unix:///nonexistent/agent.sock: Unter diesem Pfad ist nichts vorhanden. Starten Sie den Agenten, oder korrigieren Sie den Pfad.',
  );
  expect(await readReasonWith(readStrings('l10n/bundle.l10n.zh-cn.json'))).toBe(
    'arcbox+unix:///nonexistent/agent.sock：此路径不存在。请启动代理或更正路径。',
  );
});
