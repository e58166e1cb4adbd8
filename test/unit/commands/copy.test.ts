import { beforeEach, expect, test, vi } from 'vitest';
import type { CommandContext } from '../../../src/commands/context.ts';
import { copyCommands } from '../../../src/commands/copy.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { Forest } from '../../../src/views/tree/forest.ts';
import type { TreeNode } from '../../../src/views/tree/node.ts';
import { listed, binding, connected, disconnected, published, snapshotsOf } from '../views/recorded.ts';

/** What the clipboard was given, what was asked, and which entry the person chooses. */
const editor = vi.hoisted(() => ({
  copied: [] as string[],
  asked: [] as { label: string; description: string }[][],
  choice: '',
}));

vi.mock('vscode', () => ({
  Uri: { parse: (text: string) => new URL(text) },
  env: {
    asExternalUri: ({ host }: URL) => Promise.resolve({ authority: host, path: '/', query: '' }),
    clipboard: { writeText: (text: string) => Promise.resolve(editor.copied.push(text)) },
  },
  window: {
    setStatusBarMessage: () => undefined,
    showInformationMessage: () => Promise.resolve(),
    showQuickPick: (items: { label: string; description: string }[]) => {
      editor.asked.push(items);
      return Promise.resolve(items.find(({ label }) => label === editor.choice));
    },
  },
}));

beforeEach(() => {
  Object.assign(editor, { copied: [], asked: [], choice: '' });
});

/** The tree of one sandbox with the row `isSelected` selected. */
function treeOf(
  snapshot: SandboxSnapshot,
  isSelected: (node: TreeNode) => boolean = () => false,
): CommandContext {
  const snapshots = snapshotsOf([snapshot]);
  const forest = new Forest(listed);
  forest.update(snapshots, { listChanged: true, changed: new Set() });
  forest.update(snapshots, { listChanged: false, changed: new Set(snapshots.ids()) });
  const nodes = [...forest.entries()].map(({ node }) => node);
  return {
    registry: { list: () => [snapshot], get: () => snapshot, monitor: () => ({ snapshot }) },
    tree: {
      nodes: () => nodes,
      current: (node: TreeNode) => forest.entry(node)?.node,
      row: (node: TreeNode) => forest.entry(node)?.branch.row,
      selected: () => nodes.find(isSelected),
    },
  } as unknown as CommandContext;
}

async function copyOf(snapshot: SandboxSnapshot, isSelected: (node: TreeNode) => boolean): Promise<unknown> {
  await copyCommands(treeOf(snapshot, isSelected))['sandlight.copyRow'](undefined);
  return editor.copied.at(-1);
}

test('every kind of row copies what it stands for', async () => {
  const web = connected({ ports: published({ web: [binding(5432, 15432, '0.0.0.0')] }) });
  expect(await copyOf(web, ({ kind }) => kind === 'sandbox')).toBe('arcbox+unix:///run/agent.sock');
  expect(await copyOf(web, (node) => node.kind === 'service' && node.name === 'dockerd')).toBe(
    'dockerd: not ready · no reachable socket found',
  );
  expect(await copyOf(web, (node) => node.kind === 'fact' && node.fact === 'kernel')).toBe('6.1.0 x86_64');
  expect(await copyOf(web, ({ kind }) => kind === 'port')).toBe('localhost:15432');
  expect(await copyOf(web, (node) => node.kind === 'group' && node.group === 'services')).toBe(
    'Services, 1 of 2 ready',
  );
});

test('an old fact is copied without the remark that it is old, and a message with its reason', async () => {
  const lost = disconnected();
  expect(await copyOf(lost, (node) => node.kind === 'fact' && node.fact === 'kernel')).toBe('6.1.0 x86_64');
  expect(await copyOf(lost, ({ kind }) => kind === 'message')).toContain('Nothing exists at this path.');
});

test('with no row selected, a row of the sandbox is chosen; a key without a row copies nothing', async () => {
  editor.choice = 'Kernel';
  await copyCommands(treeOf(connected()))['sandlight.copyRow'](undefined);
  expect(editor.copied).toEqual(['6.1.0 x86_64']);
  expect(editor.asked[0]).toContainEqual({
    ...{ label: 'web', description: 'arcbox+unix:///run/agent.sock' },
    choice: expect.anything() as unknown,
  });
  const context = treeOf(connected());
  Object.assign(context.tree, { selectFocused: () => Promise.resolve() });
  await copyCommands(context)['sandlight.copyRow']('focusedRow');
  expect(editor.copied).toHaveLength(1);
});

test('the endpoint of a sandbox is copied from any of its rows', async () => {
  const context = treeOf(connected(), ({ kind }) => kind === 'service');
  await copyCommands(context)['sandlight.copyEndpoint'](undefined);
  expect(editor.copied).toEqual(['arcbox+unix:///run/agent.sock']);
});
