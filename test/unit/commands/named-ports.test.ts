import { beforeEach, expect, test, vi } from 'vitest';
import { containerCommands } from '../../../src/commands/containers.ts';
import type { CommandContext } from '../../../src/commands/context.ts';
import { portCommands } from '../../../src/commands/ports.ts';
import { applyPortChanges } from '../../../src/sandboxes/model/port-book.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { Forest } from '../../../src/views/tree/forest.ts';
import type { TreeNode } from '../../../src/views/tree/node.ts';
import { factsOf } from '../../support/reports.ts';
import { binding, connected, listed, nowMs, snapshotsOf } from '../views/recorded.ts';

interface Item {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
}

/** What the editor was made to do, and what the person chooses. */
const editor = vi.hoisted(() => ({
  opened: [] as string[],
  copied: [] as string[],
  picks: [] as { items: readonly Item[]; options: unknown }[],
  choice: '',
}));

vi.mock('vscode', () => ({
  Uri: {
    parse: (text: string) => ({ authority: new URL(text).host, path: '/', query: '', toString: () => text }),
  },
  QuickPickItemKind: { Separator: -1 },
  env: {
    openExternal: (url: unknown) => Promise.resolve(editor.opened.push(String(url))),
    asExternalUri: (url: unknown) => Promise.resolve(url),
    clipboard: { writeText: (text: string) => Promise.resolve(editor.copied.push(text)) },
  },
  window: {
    showQuickPick: (items: readonly Item[], options: unknown) => {
      editor.picks.push({ items, options });
      return Promise.resolve(items.find(({ label }) => label === editor.choice));
    },
    setStatusBarMessage: () => undefined,
  },
}));

beforeEach(() => {
  Object.assign(editor, { opened: [], copied: [], picks: [], choice: '' });
});

const containers = new Map([
  ['c0ffee', { facts: factsOf(), bindings: [binding(80, 8080, '0.0.0.0'), binding(80, 8080, '::')] }],
  ['f00d', { facts: factsOf({ name: 'shop-db-1', image: 'postgres:17' }), bindings: [binding(5432, 15432)] }],
]);
const ports = applyPortChanges({ kind: 'asking' }, [{ kind: 'snapshot', containers }], nowMs);

/** The commands' context with one sandbox, whose focused row is the first that `isFocused` fits. */
function contextOf(isFocused: (node: TreeNode) => boolean = () => false): CommandContext {
  const list: readonly SandboxSnapshot[] = [connected({ ports })];
  const snapshots = snapshotsOf(list);
  const forest = new Forest(listed);
  forest.update(snapshots, { listChanged: true, changed: new Set() });
  forest.update(snapshots, { listChanged: false, changed: new Set(snapshots.ids()) });
  const nodes = [...forest.entries()].map(({ node }) => node);
  const remembered = new Map<string, unknown>();
  let selected: TreeNode | undefined;
  const context = {
    registry: { ...snapshots, list: () => list },
    memory: {
      get: (key: string) => remembered.get(key),
      update: (key: string, value: unknown) => Promise.resolve(remembered.set(key, value)),
    },
    tree: {
      nodes: () => nodes,
      current: (node: TreeNode) => forest.entry(node)?.node,
      selected: () => selected,
      openFocused: () => {
        selected = nodes.find(isFocused);
        return Promise.resolve();
      },
    },
  };
  return context as unknown as CommandContext;
}

const open = (context: CommandContext, target?: unknown): unknown =>
  portCommands(context)['sandlight.openPort'](target);
const isPort =
  (containerId: string) =>
  (node: TreeNode): boolean =>
    node.kind === 'port' && node.containerId === containerId;

test('the picker of ports finds by name, image and port', async () => {
  editor.choice = 'shop-web-1 localhost:8080';
  await open(contextOf());
  const [{ items, options }] = editor.picks as [(typeof editor.picks)[0]];
  expect(options).toMatchObject({ matchOnDescription: true, matchOnDetail: true });
  expect(items.map(({ label, description, detail }) => [label, description, detail])).toEqual([
    ['shop-db-1 localhost:15432', '→ 5432 · web', 'postgres:17 · Compose: shop, service web · f00d'],
    ['shop-web-1 localhost:8080', '→ 80 · web', 'nginx:1.27 · Compose: shop, service web · c0ffee'],
  ]);
  expect(editor.opened).toEqual(['http://localhost:8080/']);
});

test('a port that is no website offers its address in the forms that clients take, before a browser', async () => {
  editor.choice = 'Copy postgresql://localhost:15432';
  const context = contextOf();
  const node = context.tree.nodes().find(isPort('f00d'));
  await open(context, node);
  expect(editor.picks[0]?.items.map(({ label }) => label)).toEqual([
    'Copy localhost:15432',
    'Copy postgresql://localhost:15432',
    'Open http://localhost:15432/',
    'Open https://localhost:15432/',
  ]);
  editor.choice = 'Copy localhost:15432';
  await open(context, node);
  expect(editor.copied).toEqual(['postgresql://localhost:15432', 'localhost:15432']);
  expect(editor.opened).toEqual([]);
  editor.choice = 'Open http://localhost:15432/';
  await open(context, node);
  // What a browser once opened is opened without a question.
  await open(context, node);
  expect(editor.opened).toHaveLength(2);
  expect(editor.picks).toHaveLength(3);
});

test('Enter opens the port whose row has the keyboard, and nothing on other rows', async () => {
  await open(contextOf(isPort('c0ffee')), 'focusedRow');
  expect(editor.opened).toEqual(['http://localhost:8080/']);
  await open(
    contextOf(({ kind }) => kind === 'group'),
    'focusedRow',
  );
  expect(editor.opened).toHaveLength(1);
  expect(editor.picks).toEqual([]);
});

test("a container's name and id are copied from its row and from those of its ports, else it is chosen", async () => {
  const context = contextOf();
  const commands = containerCommands(context);
  const row = context.tree.nodes().find((node) => node.kind === 'container' && node.containerId === 'f00d');
  await commands['sandlight.copyContainerName'](row);
  await commands['sandlight.copyContainerId'](context.tree.nodes().find(isPort('c0ffee')));
  expect(editor.copied).toEqual(['shop-db-1', 'c0ffee']);
  editor.choice = 'shop-web-1';
  await commands['sandlight.copyContainerId'](undefined);
  expect(editor.copied.at(-1)).toBe('c0ffee');
});
