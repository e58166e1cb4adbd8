import { beforeEach, expect, test, vi } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import type { CommandContext } from '../../../src/commands/context.ts';
import { portTarget, sandboxTarget } from '../../../src/commands/target.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import type { TreeNode } from '../../../src/views/tree/node.ts';
import { connected, disconnected, text } from '../views/recorded.ts';

/** What the editor asked and said. */
const editor = vi.hoisted(() => ({ asked: [] as string[][], said: [] as string[] }));

vi.mock('vscode', () => ({
  window: {
    showQuickPick: (items: readonly { label: string }[]) => {
      editor.asked.push(items.map(({ label }) => label));
      return Promise.resolve(items[0]);
    },
    showInformationMessage: (message: string) => Promise.resolve(editor.said.push(message)),
    setStatusBarMessage: (message: string) => editor.said.push(message),
  },
}));

beforeEach(() => {
  Object.assign(editor, { asked: [], said: [] });
});

const web = connected({ id: 'web' });
const ci = disconnected(connected({ id: 'ci', name: plain`ci` }));
const isOpen = ({ connection }: SandboxSnapshot): boolean => connection.phase === 'open';

const sandboxRow = (sandboxId: string): TreeNode => ({ kind: 'sandbox', id: sandboxId, sandboxId });
const serviceRow: TreeNode = { kind: 'service', id: 'web/x', sandboxId: 'web', name: plain`x` };
const portRow = {
  ...{ kind: 'port', id: 'web/80', sandboxId: 'web', containerId: plain`c0ffee` },
  binding: { containerPort: 80, hostPort: 8080, hostIp: '', protocol: text('tcp') },
} as TreeNode;

/** A tree with `selected` in it and the keyboard on `focused`. */
function contextOf(
  sandboxes: readonly SandboxSnapshot[],
  selected?: TreeNode,
  focused?: TreeNode,
): CommandContext {
  const state = { selected };
  return {
    registry: {
      list: () => sandboxes,
      get: (id: string) => sandboxes.find((snapshot) => snapshot.id === id),
      monitor: (id: string) => {
        const snapshot = sandboxes.find((candidate) => candidate.id === id);
        return snapshot && { snapshot };
      },
    },
    tree: {
      selected: () => state.selected,
      selectFocused: () => Promise.resolve((state.selected = focused)),
      current: (node: TreeNode) => node,
      nodes: () => [portRow],
    },
  } as unknown as CommandContext;
}

const targetOf = async (context: CommandContext, target?: unknown, fits = isOpen): Promise<unknown> =>
  (await sandboxTarget(context, target, fits))?.snapshot.id;

test('the row a command was called on counts, whatever is selected', async () => {
  expect(await targetOf(contextOf([web, ci], sandboxRow('web')), sandboxRow('ci'))).toBe('ci');
});

test.each([sandboxRow('web'), serviceRow, portRow])(
  'from the palette the sandbox of the selected row counts: $kind',
  async (selected) => {
    expect(await targetOf(contextOf([ci, web], selected), undefined, () => true)).toBe('web');
    expect(editor).toEqual({ asked: [], said: [] });
  },
);

test('with nothing selected the only fitting sandbox counts', async () => {
  expect(await targetOf(contextOf([ci, web]))).toBe('web');
  expect(editor.asked).toEqual([]);
});

test('another sandbox than the selected one is never taken unasked', async () => {
  expect(await targetOf(contextOf([ci, web], sandboxRow('ci')))).toBe('web');
  expect(editor.asked).toEqual([['web']]);
});

test('with nothing fitting selected the person is asked, and told when nothing fits at all', async () => {
  expect(await targetOf(contextOf([web, ci]), undefined, () => true)).toBe('web');
  expect(editor.asked).toEqual([['web', 'ci']]);
  expect(await targetOf(contextOf([ci]))).toBeUndefined();
  expect(editor.said).toEqual(['No sandbox can do this right now.']);
});

test('a key means the row that has the keyboard, not the selected one, and only a row of a sandbox', async () => {
  expect(await targetOf(contextOf([ci, web], sandboxRow('ci'), sandboxRow('web')), 'focusedRow')).toBe('web');
  expect(editor).toEqual({ asked: [], said: [] });
  for (const focused of [serviceRow, sandboxRow('ci'), undefined])
    expect(await targetOf(contextOf([ci, web], sandboxRow('web'), focused), 'focusedRow')).toBeUndefined();
  expect(editor.asked).toEqual([]);
  expect(editor.said).toHaveLength(3);
});

test('the selected port counts; a key on any other row asks nothing', async () => {
  expect(await portTarget(contextOf([web], portRow), undefined)).toBe(portRow);
  expect(await portTarget(contextOf([web], portRow, serviceRow), 'focusedRow')).toBeUndefined();
  expect(editor).toEqual({ asked: [], said: [] });
  expect(await portTarget(contextOf([web], serviceRow), undefined)).toBe(portRow);
  expect(editor.asked).toHaveLength(1);
});

test('a selected port that does not fit is not taken', async () => {
  expect(await portTarget(contextOf([web], portRow), undefined, () => false)).toBeUndefined();
  expect(editor.said).toEqual(['No container publishes such a port.']);
});
